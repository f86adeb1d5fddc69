/** @file Nonsense under a checksum that is right: every decoder checks what it decodes, and says what is wrong in a sentence. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import { checkedMessages } from "../../../pipelines/files/arrowMessages.ts";
import { readRecording } from "../../../pipelines/files/recording.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../pipelines/files/safetensors.ts";
import { createSegment } from "../../../pipelines/files/segment.ts";
import { record, rowsOfSteps } from "./recordedRows.ts";
import { scratch, sentenceOf } from "./scratch.ts";

const test = suite("re-signed files");

const home = scratch();
record(
  home,
  rowsOfSteps(0, 8).map((row, i) => ({
    ...row,
    measured: { asked: [i, Number.POSITIVE_INFINITY] },
    ...(i % 3 === 0 && { histogram: { values: Float32Array.of(i, i + 1), counts: Uint32Array.of(1, 2) } }),
  })),
);
const data = readFileSync(join(home, "000000.arrows"));
const chunks = readFileSync(join(home, "000000.sums"), "latin1")
  .trim()
  .split("\n")
  .map((line) => data.subarray(Number(line.slice(0, 12))).subarray(0, Number(line.slice(13, 23))));

/** The rows of a recording of these pieces, with checksums that are right. */
const rowsOf = (pieces: readonly Uint8Array[]): readonly unknown[] => {
  const dir = scratch();
  const segment = createSegment({ data: join(dir, "000000.arrows"), sums: join(dir, "000000.sums") });
  for (const piece of pieces) segment.append(piece);
  segment.close();
  return [...readRecording(dir).rows()];
};

const sentenceOrRows = (pieces: readonly Uint8Array[]): void => {
  try {
    assert.ok(rowsOf(pieces).length <= 8 * 4);
  } catch (error) {
    assert.instance(error, RangeflowFailure);
    assert.match((error as Error).message, /^\S+[^\n]*, expected [^\n]+$/);
  }
};

/** Places in a piece, and what is written there. */
const flips = fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 8, 64)), {
  minLength: 1,
  maxLength: 4,
});

test("any bytes of any message may be any others", () =>
  fc.assert(
    fc.property(fc.nat(chunks.length - 2), flips, (which, changes) => {
      const piece = Uint8Array.from(chunks[which]!);
      for (const [at, byte] of changes) piece[at % piece.length] = byte;
      sentenceOrRows(chunks.map((chunk, i) => (i === which ? piece : chunk)));
    }),
    { numRuns: 250, seed: 3 },
  ));

test("messages may be missing, doubled, cut, or in another order", () => {
  const [schema, first, second, end] = [chunks[0]!, chunks[1]!, chunks[2]!, chunks.at(-1)!];
  for (const pieces of [
    [schema, schema],
    [first],
    [schema, second],
    [schema, second, first],
    [schema, first, end, second],
    [end],
    [schema, first.subarray(0, -8)],
    [Buffer.concat([schema, first, second])],
  ])
    sentenceOrRows(pieces);
  assert.match(
    sentenceOf(() => rowsOf([schema, first, end, second])),
    /not an Arrow stream of a recording \(bytes that are not a message\)/,
  );
  assert.match(
    sentenceOf(() => rowsOf([schema, first, first])),
    /column step with \d+ after \d+/,
  );
});

test("a list that is longer than its message is refused before anything loops over it", () => {
  // The vector of a schema's fields begins with their number, 21; there is no other 21 before the names.
  const schema = Uint8Array.from(chunks[0]!);
  const view = new DataView(schema.buffer);
  const at = Array.from({ length: schema.length / 4 }, (_, i) => 4 * i).find(
    (i) => view.getUint32(i, true) === 21,
  )!;
  view.setUint32(at, 2 ** 31, true);
  assert.throws(() => [...checkedMessages([schema])], /a list of 2147483648 elements in \d+ bytes/);
});

/** A file with another header, and a checksum that is right. */
const resigned = (change: (header: string) => string): Uint8Array => {
  const tensors = new Map([
    ["a", { shape: [2, 3], data: new Float32Array(6) }],
    ["b", { shape: [4], data: new Float32Array(4) }],
  ]);
  const [start, ...rest] = encodeSafetensors({ metadata: { format: "test" }, tensors });
  const header = Buffer.from(change(Buffer.from(start!.subarray(8)).toString("utf8")));
  const bytes = Buffer.concat([new Uint8Array(8), header, ...rest]);
  bytes.writeBigUInt64LE(BigInt(header.length), 0);
  const at = 8 + '{"__metadata__":{"sha256":"'.length;
  bytes.fill("0", at, at + 64);
  bytes.write(createHash("sha256").update(bytes).digest("hex"), at);
  return bytes;
};

test("a header of safetensors that does not fit its data is refused", () => {
  const decode = (change: (header: string) => string) => decodeSafetensors("here", resigned(change));
  assert.is(decode((header) => header).tensors.size, 2);
  for (const [from, to] of [
    ["[2,3]", "[6]   ]"],
    ["[2,3]", "[0.5,12]"],
    ["[2,3]", "[-2,-3]"],
    ["[2,3]", "[1e308,1e308]"],
    ["[2,3]", '["2",3]'],
    ["[0,24]", "[0,8]"],
    ["[0,24]", "[16,40]"],
    ["[24,40]", "[0,16]"],
    ["[24,40]", "[24.0,40.5]"],
    ["[24,40]", "[-16,0]"],
    ['"F32"', '"F16"'],
    ['"b":', '"a":'],
    ["}}", "}"],
    ['"test"', "1"],
  ] as const)
    assert.match(
      sentenceOf(() => decode((header) => header.replace(from, to))),
      /^here: .*, expected a whole safetensors file written by Rangeflow/,
      `${from} ${to}`,
    );
});

test("any bytes of a header may be any others", () =>
  fc.assert(
    fc.property(flips, (changes) => {
      const bytes = resigned((header) => {
        const text = Buffer.from(header);
        for (const [at, byte] of changes) text[100 + (at % (text.length - 100))] = byte;
        return text.toString("latin1");
      });
      try {
        decodeSafetensors("here", bytes);
      } catch (error) {
        assert.instance(error, RangeflowFailure);
      }
    }),
    { numRuns: 300, seed: 4 },
  ));

test("a piece that its file does not reach takes no memory, however long its sums say that it is", () => {
  const dir = scratch();
  const text = `${"0".padStart(12, "0")} 4294967295 ${"0".repeat(16)}`;
  const sum = createHash("sha256").update(text).digest("hex").slice(0, 8);
  writeFileSync(join(dir, "000000.sums"), `${text} ${sum}\n`);
  writeFileSync(join(dir, "000000.arrows"), "");
  assert.match(
    sentenceOf(() => readRecording(dir)),
    /segments without a complete piece/,
  );
});

test.run();
