/** @file Checkpoints: every bit comes back, and none that changed goes unnoticed. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type Checkpoint,
  readCheckpoint,
  weightsSha256,
  writeCheckpoint,
} from "../../../pipelines/files/checkpoint.ts";
import { encodeSafetensors } from "../../../pipelines/files/safetensors.ts";
import { sameBits } from "../../support/close.ts";
import { python, scratch, sentenceOf } from "./scratch.ts";

const test = suite("checkpoint");
const dir = scratch();
const path = join(dir, "checkpoint.safetensors");

const example: Checkpoint = {
  step: 1200,
  seed: 7,
  config: JSON.stringify({ model: "lenet5", note: 'ünïcode "quoted"\n' }),
  tensors: new Map([
    ["conv1/weight", { shape: [2, 1, 1, 2], data: Float32Array.of(1.5, -0, 1e-45, -3.4e38) }],
    ["conv1/bias", { shape: [2], data: Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY) }],
    ["nothing", { shape: [0, 3], data: new Float32Array() }],
    ["10", { shape: [], data: Float32Array.of(10) }],
    ["9", { shape: [1], data: Float32Array.of(9) }],
  ]),
};

writeCheckpoint(path, example);
const whole = readFileSync(path);
const damagedPath = join(dir, "damaged.safetensors");

const sentenceFor = (bytes: Uint8Array): string => {
  writeFileSync(damagedPath, bytes);
  return sentenceOf(() => readCheckpoint(damagedPath));
};

test("what is written comes back to the bit, with shapes, names and texts", () => {
  const { tensors, ...rest } = readCheckpoint(path);
  const { tensors: expected, ...expectedRest } = example;
  assert.equal(rest, expectedRest);
  assert.equal([...tensors.keys()].sort(), [...expected.keys()].sort());
  for (const [name, { shape, data }] of expected) {
    assert.equal(tensors.get(name)?.shape, shape);
    sameBits(tensors.get(name)!.data, data, name);
  }
});

test("a view into a larger array is written as what it shows", () => {
  const larger = Float32Array.of(1, 2, 3, 4, 5);
  const tensors = new Map([["w", { shape: [2], data: larger.subarray(2, 4) }]]);
  const file = join(dir, "view.safetensors");
  writeCheckpoint(file, { ...example, tensors });
  sameBits(readCheckpoint(file).tensors.get("w")!.data, [3, 4]);
});

test("a byte that changed is found wherever it is", () => {
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const bytes = Uint8Array.from(whole);
      bytes[at]! ^= flip;
      assert.match(sentenceFor(bytes), /checksum|whole safetensors/);
    }),
    { numRuns: 300, seed: 1 },
  );
});

test("a file that was cut anywhere, or has something behind it, is found", () => {
  for (let length = 0; length < whole.length; length += 13) sentenceFor(whole.subarray(0, length));
  sentenceFor(whole.subarray(0, whole.length - 1));
  sentenceFor(Buffer.concat([whole, Uint8Array.of(0)]));
});

test("a missing file, another kind of file, and another version each have their sentence", () => {
  const of = (metadata: Record<string, string>): Uint8Array =>
    Buffer.concat(encodeSafetensors({ metadata, tensors: new Map() }));
  const written = { format: "rangeflow-checkpoint", step: "1", seed: "1", config: "{}" };
  assert.match(
    sentenceOf(() => readCheckpoint(join(dir, "none"))),
    /none: no such file or directory, expected a checkpoint/,
  );
  assert.match(sentenceFor(Buffer.from("PK\u0003\u0004 an archive")), /without a checksum/);
  assert.match(
    sentenceFor(of({ ...written, schemaVersion: "0" })),
    /schema version 0, expected version 3; resume with/,
  );
  assert.match(
    sentenceFor(of({ ...written, schemaVersion: "3", format: "weights" })),
    /format weights, expected/,
  );
  assert.match(sentenceFor(of({ ...written, schemaVersion: "3", step: "-1" })), /step -1/);
});

test("weightsSha256 is the same for any order of the tensors, and another for any other bit, name or shape", () => {
  const of = (...entries: [string, number[], number[]][]): string =>
    weightsSha256(
      new Map(entries.map(([name, shape, data]) => [name, { shape, data: Float32Array.from(data) }])),
    );
  const digest = of(["a", [2], [0, 1]], ["b", [1], [2]]);
  assert.is(of(["b", [1], [2]], ["a", [2], [0, 1]]), digest);
  const others = [
    of(["a", [2], [-0, 1]], ["b", [1], [2]]),
    of(["a", [2, 1], [0, 1]], ["b", [1], [2]]),
    of(["a", [2], [0, 1]], ["c", [1], [2]]),
    of(["a", [1], [0]], ["b", [2], [1, 2]]),
  ];
  assert.is(new Set([digest, ...others]).size, 5);
  // One tensor, by hand: the name and shape as a line of JSON, then the bytes of 1.0f.
  const byHand = createHash("sha256")
    .update('["w",[1]]\n')
    .update(Uint8Array.of(0, 0, 0x80, 0x3f))
    .digest("hex");
  assert.is(of(["w", [1], [1]]), byHand);
});

const byPython = python(
  `import sys, json, numpy
from safetensors import safe_open
with safe_open(sys.argv[1], "np") as f:
    print(json.dumps([f.metadata()["step"], {k: [list(f.get_tensor(k).shape), f.get_tensor(k).tobytes().hex()] for k in f.keys()}]))`,
  path,
);

(byPython === undefined ? test.skip : test)(
  "Python's safetensors reads the same (skipped where it is not installed)",
  () => {
    const hex = (data: Float32Array): string =>
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex");
    const expected = [...example.tensors].map(([name, { shape, data }]) => [name, [shape, hex(data)]]);
    assert.equal(JSON.parse(byPython!), ["1200", Object.fromEntries(expected)]);
  },
);

test.run();
