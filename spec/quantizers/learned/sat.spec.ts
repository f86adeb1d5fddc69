/** @file Weights that are bent before they are rounded: the worked numbers of docs/methods.md sections 3 and 8.2, and laws. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { elements } from "../../../core/tensor.ts";
import { dorefaGradients, dorefaWeights } from "../../../quantizers/dorefa.ts";
import { type SatOptions, sat } from "../../../quantizers/learned/sat.ts";
import { allClose, close, sameBits } from "../../support/close.ts";
import { projectedBy } from "../../support/projecting.ts";
import { gaussian } from "../../support/tensors.ts";

const test = suite("sat and dorefa");

const digits = 6e-7;
const w = Float32Array.of(0.5, -1, 0.25, 0.1);

const values = (options: SatOptions, bits: number, of = w, outputs = 2): Float32Array =>
  sat(options).transform(of, { bits, outputs }).values;

test("weights, worked: bent, and the three grids", () => {
  const none = (grid: NonNullable<SatOptions["grid"]>, bits: number) =>
    values({ grid, rescale: "none" }, bits);
  allClose(none("original", 32), [0.606776, -1, 0.321587, 0.130868], digits);
  allClose(none("original", 4), [0.6, -1, 0.333333, 0.066667], digits);
  allClose(none("original", 2), [0.333333, -1, 0.333333, 0.333333], digits);
  allClose(none("modified", 4), [0.5, -1, 0.25, 0.125], 0);
  allClose(none("centered", 4), [0.5625, -0.9375, 0.3125, 0.1875], 0);
});

test("the default grid is the original one while its levels fit into integers, and then the modified one", () => {
  for (const bits of [2, 4, 7, 8]) {
    const found = sat().transform(w, { bits, outputs: 2 });
    sameBits(found.values, values({ grid: bits === 8 ? "modified" : "original" }, bits));
    assert.ok(found.integers);
  }
});

test("weights, worked: rescaled", () => {
  const grid = "original";
  allClose(values({ grid }, 4), [0.604949, -1.008249, 0.336083, 0.067217], digits);
  allClose(values({ grid, variance: "population" }, 4), [0.698535, -1.164226, 0.388075, 0.077615], digits);
  allClose(values({ grid, rescale: "stddev" }, 4), [0.566821, -0.944701, 0.3149, 0.06298], digits);
  allClose(values({ grid }, 2), [0.353553, -1.06066, 0.353553, 0.353553], digits);
});

const weights = fc
  .tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 2, max: 60 }))
  .map(([seed, count]) => Float32Array.from(elements(gaussian([1, 1, 1, count], `w ${seed}`, 0.3))));
const grids = fc.constantFrom("modified" as const, "original" as const, "centered" as const);
const widths = fc.constantFrom(2, 4, 8, 32);

test("n_out times the population variance of what is multiplied is 1", () =>
  fc.assert(
    fc.property(weights, grids, widths, (some, grid, bits) => {
      const q = values({ grid, variance: "population" }, bits, some, 7);
      const mean = q.reduce((sum, x) => sum + x, 0) / q.length;
      const variance = q.reduce((sum, x) => sum + (x - mean) ** 2, 0) / q.length;
      if (variance > 0) close(7 * variance, 1, 1e-5);
    }),
  ));

test("permuted weights give permuted values", () =>
  fc.assert(
    fc.property(weights, grids, widths, (some, grid, bits) => {
      const turned = values({ grid }, bits, some.toReversed()).toReversed();
      allClose(turned, values({ grid }, bits, some), 1e-6);
    }),
  ));

test("zeros stay zeros of scale 1; a single level is not scaled; one weight is its own maximum", () => {
  for (const grid of ["modified", "original", "centered"] as const)
    for (const bits of [4, 32]) {
      const zeros = sat({ grid }).transform(new Float32Array(3), { bits, outputs: 2 });
      sameBits(zeros.values, [0, 0, 0]);
      sameBits(zeros.pullback(Float32Array.of(1, 2, 3)).dw, [1, 2, 3]);
    }
  sameBits(values({ grid: "original" }, 4, Float32Array.of(0.3, 0.3)), [1, 1]);
  sameBits(values({ grid: "original" }, 4, Float32Array.of(-0.3)), [-1]);
  assert.is(values({}, 4, new Float32Array(0)).length, 0);
});

test("NaN among weights of float32 is not hidden", () => {
  assert.ok(values({}, 32, Float32Array.of(0.5, Number.NaN)).some(Number.isNaN));
});

test("where weights are rounded NaN counts as 0 and infinity as the most that tanh can be: neither reaches the others", () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const [odd, even] = [Float32Array.of(nan, 0.5, -infinity, 0.1), Float32Array.of(0, 0.5, -20, 0.1)];
  for (const grid of ["modified", "original", "centered"] as const)
    for (const rescale of ["constant", "stddev", "none"] as const)
      for (const bits of [4, 8]) {
        const [found, expected] = [odd, even].map((some) =>
          sat({ grid, rescale }).transform(some, { bits, outputs: 2 }),
        );
        sameBits(found!.values, expected!.values);
        const dy = Float32Array.of(1, 2, 3, 4);
        sameBits(found!.pullback(dy).dw, expected!.pullback(dy).dw, "gradient");
      }
});

test("it does not scale with the weights: twice as large ones come out nearly as they were", () => {
  const twice = values(
    { rescale: "none" },
    4,
    w.map((x) => 2 * x),
  );
  assert.ok(
    Math.max(...twice.map(Math.abs)) === 1 && Math.max(...values({ rescale: "none" }, 4).map(Math.abs)) === 1,
  );
  assert.not.equal(
    values(
      {},
      4,
      w.map((x) => 2 * x),
    ),
    values({}, 4).map((x) => 2 * x),
  );
});

test("DoReFa's weights are SAT's without a scale", () => {
  sameBits(
    dorefaWeights().transform(w, { bits: 4, outputs: 2 }).values,
    values({ grid: "original", rescale: "none" }, 4),
  );
});

test("with 32 bits DoReFa leaves weights and their gradients as they are; SAT bends them", () => {
  const whole = { bits: 32, outputs: 2 };
  const found = dorefaWeights().transform(w, whole);
  sameBits(found.values, w);
  sameBits(found.pullback(Float32Array.of(1, 2, 3, 4)).dw, [1, 2, 3, 4]);
  assert.not.equal([...sat({ rescale: "none" }).transform(w, whole).values], [...w]);
});

const gradients = (bits: number, x: readonly number[], noise: readonly number[], largest: number) =>
  projectedBy(dorefaGradients(), x, {
    range: { lo: -largest, hi: largest / 2 },
    bits,
    noise: () => Float32Array.from(noise),
  });

test("DoReFa's gradients, worked", () => {
  const found = gradients(4, [0.5, -0.12, 0.03], [0.2, -0.3, 0.1], 0.5);
  allClose(found.values, [0.5, -0.166667, 0.033333], digits);
  assert.equal([...found.integers!.codes], [15, -5, 1]);
  close(found.integers!.params.scale[0]!, 0.5 / 15, 1e-8);
  assert.is(found.clipped, 0);
});

test("DoReFa's gradients beyond the range are clipped; zeros stay zeros; 8 bits are float32", () => {
  const beyond = gradients(4, [2, -2, 0], [0, 0, 0.2], 0.5);
  allClose(beyond.values, [0.5, -0.5, 0.5 / 15], digits);
  assert.is(beyond.clipped, 2);
  sameBits(gradients(4, [0, 0], [0.4, -0.4], 0).values, [0, 0]);
  assert.is(gradients(8, [0.1], [0], 1).integers, undefined);
  assert.is(gradients(7, [-1], [0], 1).integers!.codes[0], -127);
});

test("per sample, DoReFa's gradients have the levels of each sample, in float32", () => {
  const perSample = dorefaGradients({ per: "sample" });
  const found = projectedBy(perSample, [0.5, -0.12, 0.03, 0.05, -0.012, 0.003, 0, 0, 0], {
    shape: [3, 1, 1, 3],
    range: { lo: -9, hi: 9 },
    bits: 4,
    noise: () => Float32Array.of(0.2, -0.3, 0.1, 0.2, -0.3, 0.1, 0.4, 0.4, 0.4),
  });
  const worked = [0.5, -0.166667, 0.033333];
  allClose(found.values, [...worked, ...worked.map((g) => g / 10), 0, 0, 0], digits);
  assert.is(found.integers, undefined);
  assert.equal([perSample.follows, perSample.options], ["tensor", { per: "sample" }]);
});

test("DoReFa's gradients are unbiased", () => {
  const draws = 2000;
  for (const g of [-0.41, 0.013, 0.3]) {
    const sum = Array.from(
      { length: draws },
      (_, i) => gradients(3, [g], [(i + 0.5) / draws - 0.5], 0.5).values[0]!,
    ).reduce((total, value) => total + value, 0);
    close(sum / draws, g, 1e-3);
  }
});

test.run();
