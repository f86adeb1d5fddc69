/** @file The search for the least squared error: the numbers of docs/methods.md section 8.5. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { QParams } from "../../../core/qparams.ts";
import { squaredErrorOf } from "../../../core/quantizationError.ts";
import type { Range } from "../../../core/range.ts";
import type { SiteGrid } from "../../../core/siteFacts.ts";
import { elements } from "../../../core/tensor.ts";
import {
  candidateRanges,
  leastSquares,
  meanSquaredError,
} from "../../../quantizers/estimators/meanSquaredError.ts";
import { close } from "../../support/close.ts";
import { used } from "../../support/estimators.ts";
import { forAll } from "../../support/lawful.ts";
import { statOf, statOfElements } from "../../support/measurable.ts";
import { affineGrid, gaussian, symmetricGrid } from "../../support/tensors.ts";

const test = suite("meanSquaredError");

const x = [0.1, -0.2, 0.15, 0.05, -0.1, 2];
const sample = { values: Float32Array.from(x) };

/** Symmetric with all codes of 4 bits, -8 to 7, as in the source. */
const fullGrid = ({ hi }: Range): QParams => ({ ...symmetricGrid({ lo: -hi, hi }, 4), qmin: -8 });

test("4 bits, symmetric: of a hundred thresholds up to max |x| + 0.5 the 79th", () => {
  const search = { margin: 0.5, shifts: 0 };
  const ranges = candidateRanges({ min: -0.2, max: 2 }, search, { bits: 4, scheme: "symmetric" });
  const best = leastSquares(sample, ranges, fullGrid);
  close(best.hi, 1.975, 1e-12);
  close(squaredErrorOf(sample)(fullGrid(best)), 0.047334, 5e-7);
  close(squaredErrorOf(sample)(fullGrid({ lo: -2, hi: 2 })), 0.048265, 5e-7);
});

/** Error of a tensor quantized with a range on the grid of a site. */
const errorOn =
  (values: Float32Array, { bits, scheme }: SiteGrid) =>
  (range: Range): number =>
    squaredErrorOf({ values })((scheme === "affine" ? affineGrid : symmetricGrid)(range, bits));

test("on the grid of the site: no candidate has a smaller error", () => {
  for (const scheme of ["affine", "symmetric"] as const)
    for (const shifts of [0, 2, undefined]) {
      const site = { bits: 4, scheme } as const;
      const estimator = meanSquaredError({
        margin: 0.5,
        of: "elements",
        ...(shifts !== undefined && { shifts }),
      });
      const { range } = used(estimator, [statOfElements(x, site)])[0]!;
      const errorOf = errorOn(sample.values, site);
      const candidates = candidateRanges({ min: -0.2, max: 2 }, { margin: 0.5, shifts }, site);
      const far = scheme === "affine" ? (shifts ?? 3) : 0;
      assert.is(candidates.length, 1 + 100 * (1 + 2 * far));
      assert.is(errorOf(range), Math.min(...candidates.map(errorOf)));
    }
});

test("8 bits for a slope from 0 to 8 and a -0.1: the range is about theirs, as lopsided as they are", () => {
  const slope = Float32Array.from([...Array.from({ length: 1000 }, (_, i) => (8 * i) / 999), -0.1]);
  const errorOf = errorOn(slope, { bits: 8, scheme: "affine" });
  close(errorOf({ lo: -0.1, hi: 8 }), 0.084, 5e-4);
  for (const of of ["elements", "histogram"] as const) {
    const { range } = used(meanSquaredError({ of }), [statOf({ values: slope })])[0]!;
    assert.ok(range.lo >= slope.at(-1)! && range.hi <= 8 && range.hi > 7.9, `[${range.lo}, ${range.hi}]`);
    close(errorOf(range), 0.084, 1e-3);
  }
});

test("candidates end within the tensor and its margin, and are shifted by 2^bits / 4 - 1 steps at most", () => {
  for (const bits of [2, 4, 8])
    for (const margin of [0, 0.5])
      for (const shifts of [undefined, 1, 63]) {
        const site = { bits, scheme: "affine" } as const;
        const ranges = candidateRanges({ min: -0.2, max: 2 }, { margin, shifts }, site);
        for (const { lo, hi } of ranges)
          assert.ok(lo >= -0.2 - margin && lo < 0 && hi <= 2 + margin && hi > 0, `[${lo}, ${hi}]`);
        const far = Math.min(shifts ?? 63, 2 ** bits / 4 - 1);
        assert.is(ranges.length, 1 + 100 * (1 + 2 * far));
      }
});

/** Tensors of one, few or many elements, centred or not, heavy or light. */
const tensors = fc
  .tuple(
    fc.integer({ min: -30, max: 30 }),
    fc.constantFrom(1, 3),
    fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 60 }),
  )
  .map(([shift, power, some]) => Float32Array.from(some, (v) => (v / 10) ** power + shift / 10))
  .filter((values) => values.some((v) => v !== 0));

test("it is never worse than min-max, on any grid, with any options, by elements or histogram", () =>
  forAll(
    fc.tuple(
      tensors,
      fc.constantFrom(2, 3, 4, 8),
      fc.constantFrom("affine" as const, "symmetric" as const),
      fc.constantFrom({ shifts: 0 }, {}, { margin: 0.5, shifts: 1 }, { margin: 100 }),
      fc.constantFrom("elements" as const, "histogram" as const),
    ),
    ([values, bits, scheme, options, of]) => {
      const site = { bits, scheme };
      const { range } = used(meanSquaredError({ ...options, of }), [statOf({ values }, site)])[0]!;
      const errorOf = errorOn(values, site);
      const own = errorOf({ lo: Math.min(...values), hi: Math.max(...values) });
      assert.ok(errorOf(range) <= own, `${errorOf(range)} of ${own}`);
    },
    100,
  ));

test("of the histogram it is nearly as good as of the elements", () => {
  const normal = elements(gaussian([1, 16, 16, 4], "histograms"));
  for (const values of [
    normal,
    normal.map((v) => v ** 3),
    normal.map((v) => Math.min(Math.max(3 * v, -0.4), 3)),
    normal.map((v) => v + 2.5),
  ])
    for (const bits of [2, 4, 8]) {
      const errorOf = errorOn(values, { bits, scheme: "affine" });
      const rangeOf = (of: "elements" | "histogram", shifts: number): Range =>
        used(meanSquaredError({ of, shifts }), [statOf({ values }, { bits })])[0]!.range;
      close(errorOf(rangeOf("histogram", 3)) / errorOf(rangeOf("elements", 3)), 1, 0.06, `${bits} bits`);
    }
});

test("scale does not matter, unless a margin is added that does not scale", () => {
  const bound = (margin: number, k: number): number =>
    used(meanSquaredError({ margin, of: "elements" }), [
      statOfElements(
        x.map((v) => k * v),
        { bits: 4 },
      ),
    ])[0]!.range.hi / k;
  assert.is(bound(0, 8), bound(0, 1));
  assert.is.not(bound(0.5, 8), bound(0.5, 1));
});

test("more shifts never leave more error, and less where an outlier lies across 0 from all else", () => {
  const values = elements(gaussian([1, 16, 16, 4], "shifted", 0.3)).map((v, i) => (i === 0 ? -2 : v + 1));
  const errorOf = errorOn(values, { bits: 4, scheme: "affine" });
  const errors = [0, 1, 2, 3].map((shifts) =>
    errorOf(used(meanSquaredError({ shifts, of: "elements" }), [statOf({ values }, { bits: 4 })])[0]!.range),
  );
  for (let i = 1; i < errors.length; i++) assert.ok(errors[i]! <= errors[i - 1]!);
  assert.ok(errors[3]! < 0.99 * errors[0]!, errors.join(", "));
});

test("a tensor that lies on one side of 0 gets a range that ends there", () => {
  const rangeOf = (values: readonly number[]): Range =>
    used(meanSquaredError(), [statOfElements(values)])[0]!.range;
  assert.is(rangeOf([0, 1, 2, 3]).lo, 0);
  assert.is(rangeOf([-1, -2, 0, -3]).hi, 0);
});

test("heavy tails are clipped, and by the histogram nearly where the elements say", () => {
  const heavy = { values: elements(gaussian([1, 32, 32, 4], "heavy")).map((v) => v ** 3) };
  const bound = (of: "elements" | "histogram"): number =>
    used(meanSquaredError({ of }), [statOf(heavy, { bits: 4 })])[0]!.range.hi;
  assert.ok(bound("elements") < 0.8 * Math.max(...heavy.values));
  close(bound("histogram") / bound("elements"), 1, 0.1);
});

test.run();
