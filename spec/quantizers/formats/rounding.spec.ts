/** @file Numbers of element formats, against gfloat: `spec/golden/blockFormats.json`; ties, limits, noise and codes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type ElementFormat,
  floatFormats,
  integerFormat,
} from "../../../quantizers/formats/elementFormat.ts";
import {
  elementCode,
  elementValue,
  roundedTo,
  scaledRounding,
} from "../../../quantizers/formats/rounding.ts";
import { golden, isPrintedBy } from "../../support/golden.ts";

const test = suite("element formats");

interface Golden {
  readonly spread: readonly number[];
  readonly elements: readonly {
    readonly element: keyof typeof floatFormats;
    readonly values: readonly number[];
    readonly codes: readonly number[];
  }[];
}

const { spread, elements } = golden("blockFormats") as Golden;

const rounded = (format: ElementFormat, ...numbers: readonly number[]): readonly number[] => {
  return numbers.map((x) => roundedTo(format, x));
};

for (const { element, values, codes } of elements)
  test(`${element}: 256 numbers and their codes are those of gfloat`, () => {
    const format = floatFormats[element];
    assert.equal(rounded(format, ...spread), values);
    // gfloat keeps the sign of zeros that PyTorch and we do not keep; the script prints them without.
    assert.equal(
      values.map((value) => elementCode(format, value)),
      codes,
    );
  });

test("every code is that of its number", () => {
  for (const format of [...Object.values(floatFormats), ...[2, 3, 4, 8].map(integerFormat)]) {
    const odd = Array.from({ length: 2 ** format.bits }, (_, code) => code).filter((code) => {
      const value = elementValue(format, code);
      // Codes of NaN and infinities, the second zero, and the negative number that symmetric integers do without.
      if (Math.abs(value) > format.max || (value === 0 && code > 0)) return false;
      return elementCode(format, value) !== code || rounded(format, value)[0] !== value;
    });
    assert.equal(odd, [], format.name);
  }
});

const { e4m3, e5m2, e2m1, ue5m3 } = floatFormats;

test("ties go to the even code: the table of casts in PyTorch 2.13", () => {
  const halves = [2 ** -10, 1.5 * 2 ** -9, 1.0625, 1.1875, 17, 19, 248, 432, -3.2, 1e30];
  assert.equal(rounded(e4m3, ...halves), [0, 0.00390625, 1, 1.25, 16, 20, 256, 448, -3.25, 448]);
  assert.equal(rounded(e5m2, 1.0625, 1.1875, 17, 19, 248, 432, -3.2), [1, 1.25, 16, 20, 256, 448, -3]);
  assert.equal(
    rounded(e2m1, 0.25, 0.26, 0.75, 1.25, 1.75, 2.5, 3.5, 5, 5.01, 100, -2.5),
    [0, 0.5, 1, 1, 2, 2, 4, 4, 6, 6, -2],
  );
  assert.equal(
    [2 ** -17, 2 ** -18, 3e-5, 1, 1.0625, 1.1875, 448, 2048, 61440, 1e6].map((x) =>
      elementCode(ue5m3, roundedTo(ue5m3, x)),
    ),
    [1, 0, 4, 120, 120, 122, 190, 208, 247, 247],
  );
});

test("with noise, a number becomes one of its neighbours in proportion to their distance", () => {
  const round = scaledRounding(e2m1);
  const noises = Float32Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000 - 0.5);
  for (const [x, lower, upper, ups] of [
    [2.3, 2, 3, 300],
    [-5, -6, -4, 500],
    [0.1, 0, 0.5, 200],
  ] as const) {
    const found = new Float32Array(noises.length).fill(x);
    round({ x: found, values: found, noises }, 0, found.length, 1, 1);
    assert.equal(
      [...new Set(found)].sort((a, b) => a - b),
      [lower, upper],
    );
    assert.is(found.filter((value) => value === upper).length, ups, `${x}`);
  }
});

isPrintedBy(test, "blockFormats", {
  title: "torchao and gfloat",
  module: "torchao, gfloat",
  install: "torch==2.13.0 torchao==0.18.0 gfloat==0.5.2",
});

test.run();
