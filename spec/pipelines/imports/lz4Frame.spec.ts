import { suite } from "uvu";
import * as assert from "uvu/assert";
import { unpackedLz4 } from "../../../pipelines/imports/lz4Frame.ts";

const test = suite("LZ4 frames");

const magic = [4, 34, 77, 24];
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const bytesOf = (one: string): readonly number[] => [...Buffer.from(one, "latin1")];

/** A frame of blocks, with independent blocks and no checksums unless flags say otherwise. */
const frame = (
  blocks: readonly (readonly number[])[],
  flag = 0x60,
  head: readonly number[] = [],
): Uint8Array =>
  Uint8Array.from([
    ...[...magic, flag, 0x40, ...head, 0],
    ...blocks.flatMap((block) => [block.length & 255, block.length >> 8, 0, 0, ...block]),
    ...[0, 0, 0, 0],
  ]);

test("literals, and repetitions of what is there or only becomes there", () => {
  // Three literals, then 6 + 4 bytes from 3 in front of the end; two literals.
  const block = [0x36, ...bytesOf("abc"), 3, 0, 0x20, ...bytesOf("de")];
  assert.is(text(unpackedLz4(frame([block]))), "abcabcabcabcade");
});

test("lengths above 15 go on in further bytes, of which 255 says that there is one more", () => {
  const literals = "x".repeat(15 + 255 + 3);
  const block = [0xff, 255, 3, ...bytesOf(literals), 1, 0, 255, 255, 7, 0x10, ...bytesOf("y")];
  assert.is(text(unpackedLz4(frame([block]))), `${literals}${"x".repeat(4 + 15 + 255 + 255 + 7)}y`);
});

test("blocks refer to those before them, and may be stored as they are", () => {
  const stored = [2, 0, 0, 0x80, ...bytesOf("ab")];
  const linked = [0x12, ...bytesOf("c"), 3, 0, 0x10, ...bytesOf("d")];
  const whole = Uint8Array.from([
    ...[...magic, 0x40, 0x40, 0, ...stored],
    ...[linked.length, 0, 0, 0, ...linked, 0, 0, 0, 0],
  ]);
  assert.is(text(unpackedLz4(whole)), "abcabcabcd");
});

test("a size of the contents, and checksums of blocks and contents, are passed over", () => {
  const size = [3, 0, 0, 0, 0, 0, 0, 0];
  const block = [0x30, ...bytesOf("abc")];
  assert.is(text(unpackedLz4(frame([block], 0x6c, size))), "abc");
  const checked = Uint8Array.from([
    ...[...magic, 0x70, 0x40, 0],
    ...[4, 0, 0, 0, ...block, 9, 9, 9, 9, 0, 0, 0, 0],
  ]);
  assert.is(text(unpackedLz4(checked)), "abc");
});

test("what is no whole frame, or refers to what is not there, is refused", () => {
  for (const [bytes, sentence] of [
    [Uint8Array.of(1, 2, 3, 4, 0x60, 0x40, 0), /not an LZ4 frame/],
    [frame([[0x10, 7]], 0x20), /not an LZ4 frame/],
    [frame([[0x10, 7]], 0x61), /with a dictionary/],
    [frame([[0x10, 7]]).subarray(0, 10), /Offset is outside/],
    [frame([[0x10, 7]]).subarray(0, 12), /a block of 2 bytes/],
    [frame([[0x40, 7]]), /4 bytes of a block that has fewer/],
    [frame([[0x10, 7, 2, 0]]), /bytes from 2 in front of 1/],
    [frame([[0x10, 7, 0, 0]]), /bytes from 0 in front of 1/],
    [frame([[0xf0]]), /a block that ends at 1/],
  ] as const)
    assert.throws(
      () => unpackedLz4(bytes),
      (error: Error) => error instanceof RangeError && sentence.test(error.message),
    );
});

test.run();
