/** @file Exponents of blocks: the tables of torchao's specs, bit by bit. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type SharedExponentMode, sharedExponent } from "../../core/sharedExponent.ts";
import { floatFormats } from "../../quantizers/formats/elementFormat.ts";
import { golden } from "../support/golden.ts";

const test = suite("sharedExponent");
const { e4m3, e5m2, e2m1 } = floatFormats;

const fromBits = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0] as number;
const largestFloat = fromBits(0x7f7fffff);
const modes = ["floor", "rceil", "ceil", "even"] as const satisfies readonly SharedExponentMode[];

for (const [words, largest, floor, rceil] of [
  ["zero", 0, 0, 0],
  ["the smallest normal number", 2 ** -126, 0, 0],
  ["the largest element", 448, 127, 127],
  ["the largest float32", largestFloat, 246, 247],
  ["the smallest float32", 2 ** -149, 0, 0],
  ["the smallest bfloat16", 2 ** -133, 0, 0],
  ["1", 1, 119, 119],
  ["3.5 and one bit", fromBits(0x40600001), 120, 121],
  ["512 less one bit", fromBits(0x43ffffff), 127, 128],
  ["480", 480, 127, 128],
] as const)
  test(`E4M3 and a largest magnitude of ${words}`, () => {
    assert.equal(
      [sharedExponent(largest, e4m3, "floor"), sharedExponent(largest, e4m3, "rceil")],
      [floor, rceil],
    );
  });

for (const [largest, format, expected] of [
  [3.5, e4m3, [120, 120, 121, 120]],
  [3.5, e5m2, [113, 113, 114, 113]],
  [3.5, e2m1, [126, 127, 127, 127]],
  [Math.fround(7.9), e4m3, [121, 122, 122, 122]],
  [Math.fround(7.9), e2m1, [127, 128, 128, 128]],
  [449, e4m3, [127, 128, 128, 127]],
  [449, e5m2, [120, 121, 121, 120]],
  [449, e2m1, [133, 134, 134, 134]],
  [Math.fround(0.011), e4m3, [112, 112, 113, 112]],
] as const)
  test(`${format.name} and ${largest.toPrecision(3)} in all four modes`, () => {
    assert.equal(
      modes.map((mode) => sharedExponent(largest, format, mode)),
      expected,
    );
  });

interface Golden {
  readonly rows: readonly number[];
  readonly mx: readonly {
    readonly element: keyof typeof floatFormats;
    readonly scale: SharedExponentMode;
    readonly bytes?: readonly number[];
  }[];
}

const { rows, mx } = golden("blockFormats") as Golden;
const blocks = Array.from({ length: rows.length / 32 }, (_, i) => rows.slice(32 * i, 32 * i + 32));

for (const { element, scale, bytes } of mx)
  if (bytes)
    test(`${element}, ${scale}: bytes of eight blocks are those of torchao`, () => {
      assert.equal(
        blocks.map((block) => sharedExponent(Math.max(...block.map(Math.abs)), floatFormats[element], scale)),
        bytes,
      );
    });

test("scales end at 2^127 and at 2^-127", () => {
  const one = { ...e2m1, max: 1, mostExponent: 0 };
  const words = [
    0, 1, 0x400000, 0x400001, 0x7fffff, 0x800000, 0x1f800001, 0x3f800000, 0x3f800001, 0x7f000001,
  ];
  assert.equal(
    words.map((bits) => sharedExponent(fromBits(bits), one, "rceil")),
    [0, 0, 0, 1, 1, 1, 64, 127, 128, 254],
  );
});

test.run();
