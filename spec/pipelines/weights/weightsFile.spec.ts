/** @file Safetensors by others: every type of float, and one sentence for each thing that a file can have wrong. */
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import { fileSha256 } from "../../../pipelines/files/fileSha256.ts";
import { openWeights } from "../../../pipelines/weights/weightsFile.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";

const test = suite("weights of others");
const path = join(scratch(), "w.safetensors");

/** Writes a file of a header, as text, and data. */
const write = (header: string, data: Uint8Array, length = Buffer.byteLength(header)): void => {
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(length));
  writeFileSync(path, Buffer.concat([start, Buffer.from(header), data]));
};

const entry = (dtype: string, shape: readonly number[], from: number, to: number) => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

const floats = (dtype: string, bytes: readonly number[], size: number): readonly number[] => {
  write(JSON.stringify({ a: entry(dtype, [bytes.length / size], 0, bytes.length) }), Uint8Array.from(bytes));
  return [...openWeights(path).tensors.get("a")!.read()];
};

test("float16: normal, subnormal, the largest, and both zeros", () => {
  // 1, -2, 2^-24, 1023 * 2^-24, 2^-14, 65504, 0.333251953125, 0, -0
  const bits = [0x3c00, 0xc000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x3555, 0x0000, 0x8000];
  const bytes = bits.flatMap((b) => [b & 255, b >> 8]);
  const expected = [1, -2, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504, 0.333251953125, 0, -0];
  const found = floats("F16", bytes, 2);
  for (const [i, x] of expected.entries()) assert.ok(Object.is(found[i], x), `${found[i]} ${x}`);
});

test("bfloat16 is the upper half of a float32", () => {
  // 0x3f80 = 1, 0xc049 = -3.140625, 0x0001 = 2^-133, 0x7f7f = 255 * 2^120
  const bytes = [0x80, 0x3f, 0x49, 0xc0, 0x01, 0x00, 0x7f, 0x7f];
  assert.equal(floats("BF16", bytes, 2), [1, -3.140625, 2 ** -133, 255 * 2 ** 120]);
});

test("float64 is rounded to float32", () => {
  const data = new Uint8Array(Float64Array.of(0.1, 1 + 2 ** -30, -5).buffer);
  assert.equal(floats("F64", [...data], 8), [Math.fround(0.1), 1, -5]);
});

test("tensors in any order, at any byte, also empty ones and single numbers, and a header of any length", () => {
  const one = new Uint8Array(Float32Array.of(7).buffer);
  const header = {
    __metadata__: { format: "pt" },
    "layer.b": entry("F32", [], 1, 5),
    "": entry("F32", [0, 3], 5, 5),
    a: entry("U8", [1], 0, 1),
  };
  for (const spaces of ["", " ", "   "]) {
    write(`${JSON.stringify(header)}${spaces}`, Uint8Array.of(9, ...one));
    const { tensors, metadata } = openWeights(path);
    assert.equal(metadata, { format: "pt" });
    assert.equal([...tensors.get("layer.b")!.read()], [7]);
    assert.is(tensors.get("")!.read().length, 0);
    assert.match(
      sentenceOf(() => tensors.get("a")!.read()),
      /tensor a of type U8, expected one of F32, F64, F16, BF16; write it as a float, or leave its layer out/,
    );
  }
});

test("names that every object has are names of tensors like others, and no types", () => {
  const one = new Uint8Array(Float32Array.of(7).buffer);
  const header = `{"__proto__":${JSON.stringify(entry("F32", [1], 0, 4))},"constructor":${JSON.stringify(entry("toString", [1], 4, 8))}}`;
  write(header, Uint8Array.of(...one, ...one));
  const { tensors } = openWeights(path);
  assert.equal([...tensors.get("__proto__")!.read()], [7]);
  assert.match(
    sentenceOf(() => tensors.get("constructor")!.read()),
    /tensor constructor of type toString, expected one of F32/,
  );
});

test("a tensor of many pieces is read whole", () => {
  const count = 3_000_001;
  const values = Float32Array.from({ length: count }, (_, i) => i);
  write(JSON.stringify({ a: entry("F32", [count], 0, 4 * count) }), new Uint8Array(values.buffer));
  assert.equal(openWeights(path).tensors.get("a")!.read(), values);
});

const refusal = (header: string | object, bytes = 24, length?: number): string => {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  write(text, new Uint8Array(bytes), length);
  return sentenceOf(() => openWeights(path));
};

const a = entry("F32", [2, 3], 0, 24);

test("what is wrong with a header has its sentence", () => {
  const hole = { a: entry("F32", [2], 0, 8), b: entry("F32", [2], 16, 24) };
  const overlap = { a: entry("F32", [4], 0, 16), b: entry("F32", [4], 8, 24) };
  for (const [found, expected] of [
    [
      refusal("{", 24),
      /a header that is not JSON \(.*\), expected a whole safetensors file; it is another kind of file/,
    ],
    [refusal("[1]"), /a header that is not a JSON object/],
    [refusal("null"), /a header that is not a JSON object/],
    [refusal({ a }, 24, 1000), /a header of 1000 bytes in a file of \d+/],
    [refusal({ a }, 24, 100_000_001), /a header of 100000001 bytes, more than 100 MB/],
    [refusal({ a: 1 }), /tensor a without a dtype, a shape and two data_offsets/],
    [refusal({ a: { ...a, shape: [2.5] } }), /tensor a without a dtype, a shape and two data_offsets/],
    [refusal({ a: { ...a, data_offsets: [0] } }), /tensor a without a dtype/],
    [refusal({ a: { ...a, shape: [-2, -3] } }), /tensor a of shape -2x-3/],
    [refusal({ a: { ...a, shape: [2 ** 40, 2 ** 40] } }), /tensor a of shape 1099511627776x1099511627776/],
    [refusal({ a: { ...a, shape: [2, 2] } }), /bytes 0 to 24 for tensor a, which has 16 as F32 of 2x2/],
    [refusal({ a: { ...a, data_offsets: [24, 0] } }), /bytes 24 to 0 for tensor a/],
    [refusal({ a: { ...a, data_offsets: [-24, 0] } }), /bytes -24 to 0 for tensor a/],
    [refusal({ a }, 20), /bytes 0 to 24 for tensor a, where the file has 20, .*truncated/],
    [refusal({ a }, 25), /1 bytes after the last tensor/],
    [refusal(hole), /a gap of 8 bytes before tensor b/],
    [refusal(overlap), /bytes 8 to 24 for tensor b, which overlap with those of a/],
    [refusal(`{"a":${JSON.stringify(a)},"a":${JSON.stringify(a)}}`), /two tensors named a/],
    [refusal(`{"a":${JSON.stringify(a)},"\\u0061":${JSON.stringify(a)}}`), /two tensors named a/],
    [refusal({ a: { ...a, shape: [6, 0] } }), /bytes 0 to 24 for tensor a, which has 0 as F32 of 6x0/],
    [refusal({ __metadata__: { x: 1 }, a }), /__metadata__ that is not a map of strings/],
  ] as const)
    assert.match(found, expected);
});

test("a file that is short, missing or a directory has its sentence", () => {
  writeFileSync(path, "short");
  assert.match(
    sentenceOf(() => openWeights(path)),
    /w\.safetensors: 5 bytes, expected a whole safetensors file; it is another kind of file/,
  );
  assert.match(
    sentenceOf(() => openWeights(`${path}.none`)),
    /no such file or directory/,
  );
  assert.match(
    sentenceOf(() => openWeights(join(path, ".."))),
    /a directory/,
  );
});

test("numbers that are not finite, and a file that shrinks while it is read, are told", () => {
  write(
    JSON.stringify({ a: entry("F32", [2], 0, 8) }),
    new Uint8Array(Float32Array.of(1, Number.NaN).buffer),
  );
  const { tensors } = openWeights(path);
  assert.match(
    sentenceOf(() => tensors.get("a")!.read()),
    /NaN at 1 of tensor a, expected finite numbers/,
  );
  truncateSync(path, 20);
  assert.match(
    sentenceOf(() => tensors.get("a")!.read()),
    /fewer bytes than when it was opened/,
  );
});

test("any bytes are tensors, or a sentence", () => {
  const header = JSON.stringify({ a, b: entry("BF16", [3], 24, 30) });
  const flips = fc.array(fc.tuple(fc.nat(header.length + 37), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(flips, (changes) => {
      const bytes = Buffer.concat([Buffer.alloc(8), Buffer.from(header), new Uint8Array(30)]);
      bytes.writeBigUInt64LE(BigInt(header.length));
      for (const [at, byte] of changes) bytes[at] = byte;
      writeFileSync(path, bytes);
      try {
        for (const { read } of openWeights(path).tensors.values()) read();
      } catch (error) {
        assert.instance(error, RangeflowFailure);
      }
    }),
    { numRuns: 300, seed: 5 },
  );
});

test("the sha256 is that of all bytes", () => {
  writeFileSync(path, "abc");
  // FIPS 180-2, appendix B.1
  assert.is(fileSha256(path, "a file"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test.run();
