/** @file What quantization does to numbers: the cross-method properties of docs/methods.md section 10, on the reference. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { ofTensor } from "../../../core/expr.ts";
import type { PassResult, Sinks } from "../../../core/pass.ts";
import type { QParams } from "../../../core/qparams.ts";
import { branch, type Key, key, permutation } from "../../../core/random.ts";
import type { Tensor } from "../../../core/tensor.ts";
import { allClose, close, sameBits } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { forAll } from "../../support/lawful.ts";
import { affineGrid, filled, gaussian, row, symmetricGrid } from "../../support/tensors.ts";

const test = suite("quantize sink");

const engine = reference();

const ran = (x: Tensor, sinks: Sinks): PassResult => engine.run(ofTensor(x), sinks) as PassResult;

const quantized = (
  x: Tensor,
  params: QParams,
  noise?: Key,
): Required<Pick<PassResult, "codes" | "gradientMask" | "clipped">> => {
  const { codes, gradientMask, clipped } = ran(x, {
    quantize: { params, gradientMask: true, ...(noise && { noise }) },
  });
  if (!codes || !gradientMask || clipped === undefined) throw new Error("a field is missing");
  return { codes, gradientMask, clipped };
};

const codesOf = (x: Tensor, params: QParams, noise?: Key): Int8Array =>
  elements(quantized(x, params, noise).codes);

const real = ({ scale, zeroPoint }: QParams, codes: Int8Array): Float32Array =>
  Float32Array.from(codes, (code) => (scale[0] as number) * (code - (zeroPoint[0] as number)));

const range = fc
  .tuple(fc.float({ min: -100, max: 100, noNaN: true }), fc.float({ min: -100, max: 100, noNaN: true }))
  .filter(([a, b]) => Math.abs(a) + Math.abs(b) > 0.001)
  .map(([a, b]) => ({ lo: Math.min(a, b), hi: Math.max(a, b) }));

const grids = fc
  .tuple(range, fc.integer({ min: 2, max: 8 }), fc.boolean())
  .map(([r, bits, isAffine]) => ({ range: r, params: (isAffine ? affineGrid : symmetricGrid)(r, bits) }));

test("the test vector of docs/methods.md section 0", () => {
  const x = row(-0.9, -0.2, 0, 0.35, 1.7);
  const observed = { lo: -0.9, hi: 1.7 };
  assert.equal([...codesOf(x, affineGrid(observed))], [-128, -60, -40, -6, 127]);
  assert.equal([...codesOf(x, affineGrid(observed, 4))], [-8, -4, -3, -1, 7]);
  assert.equal([...codesOf(x, symmetricGrid(observed))], [-67, -15, 0, 26, 127]);
  assert.equal([...codesOf(x, symmetricGrid(observed, 4))], [-4, -1, 0, 1, 7]);
});

test("ties go to the even code, on both sides of 0", () => {
  const x = row(0.5, 1.5, 2.5, -0.5, -1.5, -2.5);
  assert.equal([...codesOf(x, symmetricGrid({ lo: -127, hi: 127 }))], [0, 2, 2, 0, -2, -2]);
});

test("[-0.5, 0.2, 3.0] with the range of the tensors before: 3.0 is clipped, counted, and lets no gradient pass", () => {
  const params = affineGrid({ lo: -1.05, hi: 1.9 });
  const { codes, gradientMask, clipped } = quantized(row(-0.5, 0.2, 3), params);
  assert.equal([...elements(codes)], [48 - 128, 108 - 128, 255 - 128]);
  allClose(real(params, elements(codes)), [-0.497451, 0.196667, 1.897255], 5e-7);
  assert.equal([...elements(gradientMask)], [1, 1, 0]);
  assert.is(clipped, 1);
});

test("stochastic rounding is unbiased: 1e5 draws of each of five values average to it", () => {
  const draws = 100_000;
  for (const params of [
    affineGrid({ lo: -1, hi: 2 }),
    affineGrid({ lo: -1, hi: 2 }, 4),
    symmetricGrid({ lo: -2, hi: 2 }, 4),
  ])
    for (const value of [-0.9, -0.201, 0.0003, 0.35, 1.7]) {
      const codes = codesOf(
        filled([1, 1, 1, draws], () => value),
        params,
        branch(key(3), "draws"),
      );
      const mean = real(params, codes).reduce((sum, x) => sum + x / draws, 0);
      close(mean, Math.fround(value), (4 * params.scale[0]!) / (2 * Math.sqrt(draws)), `mean of ${value}`);
    }
});

test("the variance of stochastic rounding is scale^2 f (1 - f), f being the part behind the point", () => {
  const params = symmetricGrid({ lo: -127, hi: 127 });
  const draws = 100_000;
  for (const f of [0.1, 0.25, 0.5]) {
    const codes = codesOf(
      filled([1, 1, 1, draws], () => 3 + f),
      params,
      branch(key(4), "draws"),
    );
    const variance = codes.reduce((sum, code) => sum + (code - 3 - f) ** 2 / draws, 0);
    close(variance, f * (1 - f), 0.005);
  }
});

test("two steps draw different noise, one step twice the same", () => {
  const x = gaussian([1, 8, 8, 4], "x");
  const params = symmetricGrid({ lo: -3, hi: 3 }, 4);
  const at = (step: number): string => codesOf(x, params, branch(key(1), step)).join();
  assert.is(at(1), at(1));
  assert.is.not(at(1), at(2));
});

test("what was quantized once is not changed by quantizing again with the same range", () => {
  const x = gaussian([2, 3, 5, 4], "x", 30);
  forAll(grids, ({ params }) => {
    const once = codesOf(x, params);
    const again = filled(x.shape, (i) => real(params, once)[i] as number);
    sameBits(codesOf(again, params), once, "code");
    sameBits(codesOf(again, params, key(1)), once, "code, rounded stochastically");
  });
});

test("no element inside the range is off by more than half a step, or stochastically a whole one", () => {
  forAll(
    fc.tuple(grids, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 50 })),
    ([
      {
        range: { lo, hi },
        params,
      },
      places,
    ]) => {
      const x = row(...places.map((place) => lo + place * (hi - lo)));
      const step = params.scale[0] as number;
      // The inverse and the product are rounded to float32: up to 255 steps times 2^-23.
      const slack = step * 1e-4;
      allClose(real(params, codesOf(x, params)), elements(x), step / 2 + slack);
      allClose(real(params, codesOf(x, params, key(5))), elements(x), step * 1.5 + slack);
      const [a, b] = [Math.min(lo, 0) + step, Math.max(hi, 0) - step];
      const inner = row(...places.map((place) => a + place * (b - a)));
      if (a < b) allClose(real(params, codesOf(inner, params, key(5))), elements(inner), step + slack);
    },
  );
});

test("scaling a tensor and its range by k > 0 changes no code", () => {
  const x = gaussian([2, 3, 5, 4], "x");
  forAll(fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 2, max: 8 })), ([exponent, bits]) => {
    const k = 2 ** exponent;
    const scaled = filled(x.shape, (i) => k * elements(x)[i]!);
    const r = { lo: -1.7, hi: 2.3 };
    for (const grid of [affineGrid, symmetricGrid]) {
      const scaledGrid = grid({ lo: k * r.lo, hi: k * r.hi }, bits);
      sameBits(codesOf(scaled, scaledGrid), codesOf(x, grid(r, bits)), "code");
      sameBits(
        codesOf(scaled, scaledGrid, key(2)),
        codesOf(x, grid(r, bits), key(2)),
        "code, stochastically",
      );
    }
  });
});

test("a tensor's order matters neither for its range nor for the codes of its elements", () => {
  const x = gaussian([1, 4, 4, 8], "x");
  const order = permutation(key(9), x.size);
  const shuffled = filled(x.shape, (i) => elements(x)[order[i]!]!);
  assert.equal(ran(shuffled, { observe: true }).range, ran(x, { observe: true }).range);
  const params = affineGrid({ lo: -2, hi: 2 });
  const codes = codesOf(x, params);
  sameBits(
    codesOf(shuffled, params),
    codes.map((_, i) => codes[order[i]!]!),
    "code",
  );
});

test("the range is that of all finite elements before clipping; the others are counted", () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const observed = (...values: readonly number[]) =>
    ran(row(...values), { observe: true, quantize: { params: affineGrid({ lo: -1, hi: 1 }) } }).range;
  assert.equal(observed(1, -20, 3), { min: -20, max: 3, count: 3, nonFinite: 0 });
  assert.equal(observed(1, nan, -infinity, infinity, 2), { min: 1, max: 2, count: 5, nonFinite: 3 });
  assert.equal(observed(nan), { min: infinity, max: -infinity, count: 1, nonFinite: 1 });
  assert.equal(observed(), { min: infinity, max: -infinity, count: 0, nonFinite: 0 });
});

test("NaN becomes the zero point and is not clipped; infinities are clipped to their ends", () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  for (const noise of [undefined, key(1)]) {
    const { codes, gradientMask, clipped } = quantized(
      row(nan, infinity, -infinity, 3e38),
      affineGrid({ lo: -1, hi: 2 }),
      noise,
    );
    assert.equal([...elements(codes)], [-43, 127, -128, 127]);
    assert.equal([...elements(gradientMask)], [1, 0, 0, 0]);
    assert.is(clipped, 3);
  }
});

test("a zero tensor is all zero points, whatever its grid", () => {
  for (const params of [
    affineGrid({ lo: 0, hi: 0 }),
    affineGrid({ lo: -1, hi: 2 }),
    symmetricGrid({ lo: 0, hi: 0 }),
  ])
    assert.equal([...codesOf(row(0, -0), params, key(1))], [params.zeroPoint[0], params.zeroPoint[0]]);
});

test.run();
