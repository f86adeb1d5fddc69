/**
 * @file Grids against the worked numbers of docs/methods.md section 0. Those count affine codes from 0; ours are int8, so code and zero
 * point lie 2^(bits - 1) lower. Scales there have six digits.
 */

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { quantized } from "../../core/engines/reference/sinks.ts";
import {
  affine,
  codedRange,
  inverseScale,
  isBits,
  type QParams,
  schemes,
  symmetric,
} from "../../core/qparams.ts";
import { largestEnd, type Range } from "../../core/range.ts";
import { roundHalfEven, roundStochastic } from "../../core/rounding.ts";
import { schemeNames } from "../../core/scheme.ts";
import { allClose, close } from "../support/close.ts";
import { forAll } from "../support/lawful.ts";

const test = suite("qparams");

const x = [-0.9, -0.2, 0, 0.35, 1.7];
const observed: Range = { lo: -0.9, hi: 1.7 };

const right = (params: E.Either<unknown, QParams>): QParams => {
  if (E.isLeft(params)) throw new Error(`expected a grid, found ${JSON.stringify(params.left)}`);
  return params.right;
};

const codesOf = (
  { scale, zeroPoint, qmin, qmax }: QParams,
  round: (v: number, i: number) => number = roundHalfEven,
): readonly number[] =>
  x.map((value, i) =>
    Math.min(Math.max(round(value / (scale[0] as number), i) + (zeroPoint[0] as number), qmin), qmax),
  );

const realOf = ({ scale, zeroPoint }: QParams, codes: readonly number[]): readonly number[] =>
  codes.map((code) => (scale[0] as number) * (code - (zeroPoint[0] as number)));

test("affine, 8 bits: scale 0.0101961, zero point 88 of 255, and the codes of the sheet", () => {
  const grid = right(affine("x", 8)(observed));
  close(grid.scale[0] as number, 0.0101961, 1e-7);
  assert.equal([...grid.zeroPoint], [88 - 128]);
  assert.equal([grid.qmin, grid.qmax], [-128, 127]);
  assert.equal(
    codesOf(grid),
    [0, 68, 88, 122, 255].map((q) => q - 128),
  );
  allClose(realOf(grid, codesOf(grid)), [-0.897255, -0.203922, 0, 0.346667, 1.702745], 1e-6);
});

test("affine, 4 bits: scale 0.173333, zero point 5 of 15", () => {
  const grid = right(affine("x", 4)(observed));
  close(grid.scale[0] as number, 0.173333, 1e-6);
  assert.equal([...grid.zeroPoint], [5 - 8]);
  assert.equal(
    codesOf(grid),
    [0, 4, 5, 7, 15].map((q) => q - 8),
  );
  allClose(realOf(grid, codesOf(grid)), [-0.866667, -0.173333, 0, 0.346667, 1.733333], 1e-6);
});

test("symmetric, 8 bits: scale 0.0133858", () => {
  const grid = right(symmetric("x", 8)(observed));
  close(grid.scale[0] as number, 0.0133858, 1e-7);
  assert.equal([grid.qmin, grid.qmax, grid.zeroPoint[0]], [-127, 127, 0]);
  assert.equal(
    codesOf(grid).map((q) => q + 0),
    [-67, -15, 0, 26, 127],
  );
  allClose(realOf(grid, codesOf(grid)), [-0.89685, -0.200787, 0, 0.348031, 1.7], 1e-6);
});

test("symmetric, 4 bits: scale 0.242857, rounded to nearest and stochastically", () => {
  const grid = right(symmetric("x", 4)(observed));
  close(grid.scale[0] as number, 0.242857, 1e-6);
  assert.equal(
    codesOf(grid).map((q) => q + 0),
    [-4, -1, 0, 1, 7],
  );
  const u = [0.9, 0.1, 0.5, 0.3, 0.7];
  const stochastic = codesOf(grid, (v, i) => roundStochastic(v, u[i] as number));
  assert.equal(
    stochastic.map((q) => q + 0),
    [-3, -1, 0, 1, 7],
  );
});

test("the range (-1.05, 1.9) of docs/methods.md section 1: scale 0.0115686, zero point 91 of 255", () => {
  const grid = right(affine("x", 8)({ lo: -1.05, hi: 1.9 }));
  close(grid.scale[0] as number, 0.0115686, 1e-7);
  assert.is(grid.zeroPoint[0], 91 - 128);
});

test("the range 0 .. 255 has scale 1 and its zero at the lowest code", () => {
  const grid = right(affine("input", 8)({ lo: 0, hi: 255 }));
  assert.equal([grid.scale[0], grid.zeroPoint[0]], [1, -128]);
});

test("a range away from 0 is widened to hold it: all-equal positive and negative tensors keep their value", () => {
  for (const value of [3, -3]) {
    const grid = right(affine("x", 8)({ lo: value, hi: value }));
    const code = value > 0 ? grid.qmax : grid.qmin;
    close((grid.scale[0] as number) * (code - (grid.zeroPoint[0] as number)), value, 1e-6);
  }
});

test("zero is always a level, every code stands for a number, and the ends are at most half a step away", () => {
  const ranges = fc
    .tuple(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.float({ noNaN: true, noDefaultInfinity: true }),
    )
    .filter(
      ([a, b]) =>
        Math.max(Math.abs(a), Math.abs(b)) < largestEnd && Math.max(Math.abs(a), Math.abs(b)) > 1e-25,
    )
    .map(([a, b]) => ({ lo: Math.min(a, b), hi: Math.max(a, b) }));
  forAll(
    fc.tuple(ranges, fc.integer({ min: 2, max: 8 })),
    ([range, bits]) => {
      for (const scheme of [affine, symmetric]) {
        const { scale, zeroPoint, qmin, qmax } = right(scheme("x", bits)(range));
        const [s, z] = [scale[0] as number, zeroPoint[0] as number];
        assert.ok(s > 0 && Number.isFinite(s));
        assert.ok(Number.isInteger(z) && qmin <= z && z <= qmax);
        const slack = s * (0.5 + 1e-4);
        assert.ok(s * (qmin - z) <= range.lo + slack, "the lower end");
        assert.ok(s * (qmax - z) >= range.hi - slack, "the upper end");
      }
    },
    1000,
  );
});

test("more bits, smaller steps; larger range, larger steps", () => {
  const scaleOf = (bits: number, hi: number): number =>
    right(affine("x", bits)({ lo: -1, hi })).scale[0] as number;
  for (let bits = 2; bits < 8; bits++) assert.ok(scaleOf(bits, 1) > scaleOf(bits + 1, 1));
  assert.ok(scaleOf(8, 1) < scaleOf(8, 1.5));
});

test("a range without width gets scale 1 and zero point 0", () => {
  for (const scheme of [affine, symmetric]) {
    const grid = right(scheme("x", 8)({ lo: 0, hi: 0 }));
    assert.equal([grid.scale[0], grid.zeroPoint[0]], [1, 0]);
  }
});

test("gradients of 1e-9 are data, not zero", () => {
  const grid = right(affine("x", 8)({ lo: -1e-9, hi: 1e-9 }));
  close((grid.scale[0] as number) / (2e-9 / 255), 1, 1e-6);
});

test("several ranges give a grid for each channel", () => {
  const grid = right(symmetric("w", 8)({ lo: -127, hi: 1 }, { lo: -1, hi: 254 }));
  assert.equal([...grid.scale], [1, 2]);
  assert.equal([...grid.zeroPoint], [0, 0]);
});

test("bits are 2 to 8, and whole", () => {
  assert.equal([1, 2, 8, 9, 2.5, Number.NaN].map(isBits), [false, true, true, false, false, false]);
  assert.equal(
    affine("conv1/input", 9)(observed),
    E.left({ _tag: "BitsOutOfRange", site: "conv1/input", bits: 9 }),
  );
});

test("a range that is reversed, not finite, or too wide for float32 is refused with its site", () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const bad: readonly Range[] = [
    { lo: 1, hi: 0 },
    { lo: nan, hi: 1 },
    { lo: 0, hi: nan },
    { lo: nan, hi: nan },
    { lo: 0, hi: infinity },
    { lo: -infinity, hi: infinity },
    { lo: infinity, hi: infinity },
    { lo: -3e38, hi: 3e38 },
    { lo: 1e300, hi: 1e300 },
  ];
  for (const range of bad)
    for (const scheme of [affine, symmetric])
      assert.equal(
        scheme("conv1/input", 8)(range),
        E.left({ _tag: "BadRange", site: "conv1/input", ...range }),
      );
  assert.ok(E.isLeft(affine("w", 8)(observed, { lo: 1, hi: 0 })), "one bad channel among good ones");
});

/** Ranges that hold 0, of any size. */
const covering = fc
  .tuple(
    fc.integer({ min: -1000, max: 0 }),
    fc.integer({ min: 1, max: 1000 }),
    fc.integer({ min: -60, max: 60 }),
  )
  .map(([lo, hi, power]) => ({ lo: lo * 2 ** power, hi: hi * 2 ** power }));

test("what a grid codes is what it does not clip when it rounds to nearest", () =>
  forAll(
    fc.tuple(covering, fc.integer({ min: 2, max: 8 }), fc.constantFrom(...schemeNames)),
    ([range, bits, name]) => {
      const params = right(schemes[name]("x", bits)(range));
      const { lo, hi } = codedRange(name, bits)(range);
      const clips = (x: number): boolean => quantized(Float32Array.of(x), params, undefined).clipped > 0;
      // A thousandth of a step to both sides of each end: float32 resolves that.
      const near = params.scale[0]! / 1000;
      assert.equal(
        [clips(lo - near), clips(lo + near), clips(hi - near), clips(hi + near)],
        [true, false, false, true],
      );
    },
  ));

test("a grid codes the whole range that it covers, affine or symmetric", () =>
  forAll(fc.tuple(covering, fc.integer({ min: 2, max: 8 })), ([range, bits]) => {
    for (const scheme of ["affine", "symmetric"] as const) {
      const { lo, hi } = codedRange(scheme, bits)(range);
      assert.ok(lo <= range.lo && range.hi <= hi, `[${lo}, ${hi}] for [${range.lo}, ${range.hi}]`);
    }
  }));

test("a range without width codes nothing but itself", () =>
  assert.equal(codedRange("affine", 8)({ lo: 0, hi: 0 }), { lo: 0, hi: 0 }));

test("the inverse scale is the float32 nearest to 1 / scale", () => {
  assert.is(inverseScale(0.25), 4);
  assert.is(inverseScale(Math.fround(0.1)), Math.fround(1 / Math.fround(0.1)));
});

test.run();
