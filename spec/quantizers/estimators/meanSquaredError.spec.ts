/** @file The search for the least squared error: the numbers of methods.md section 8.5. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { QParams } from "../../../core/qparams.ts";
import { squaredErrorOf } from "../../../core/quantizationError.ts";
import type { Range } from "../../../core/range.ts";
import { elements } from "../../../core/tensor.ts";
import {
  candidateRanges,
  leastSquares,
  meanSquaredError,
} from "../../../quantizers/estimators/meanSquaredError.ts";
import { close } from "../../support/close.ts";
import { used } from "../../support/estimators.ts";
import { statOf, statOfElements } from "../../support/measurable.ts";
import { affineGrid, gaussian, symmetricGrid } from "../../support/tensors.ts";

const test = suite("meanSquaredError");

const x = [0.1, -0.2, 0.15, 0.05, -0.1, 2];
const sample = { values: Float32Array.from(x) };

/** Symmetric with all codes of 4 bits, -8 to 7, as in the source. */
const fullGrid = ({ hi }: Range): QParams => ({ ...symmetricGrid({ lo: -hi, hi }, 4), qmin: -8 });

test("4 bits, symmetric: of a hundred thresholds up to max |x| + 0.5 the 79th", () => {
  const best = leastSquares(sample, candidateRanges({ min: -0.2, max: 2 }, 2.5, 0, 4), fullGrid);
  close(best.hi, 1.975, 1e-12);
  close(squaredErrorOf(sample)(fullGrid(best)), 0.047334, 5e-7);
  close(squaredErrorOf(sample)(fullGrid({ lo: -2, hi: 2 })), 0.048265, 5e-7);
});

test("on the grid of the site: no candidate has a smaller error", () => {
  for (const scheme of ["affine", "symmetric"] as const)
    for (const shifts of [0, 4]) {
      const gridOf = (range: Range): QParams => (scheme === "affine" ? affineGrid : symmetricGrid)(range, 4);
      const estimator = meanSquaredError({ margin: 0.5, shifts, of: "elements" });
      const { range } = used(estimator, [statOfElements(x, { bits: 4, scheme })])[0]!;
      const errors = candidateRanges({ min: -0.2, max: 2 }, 2.5, shifts, 4).map((candidate) =>
        squaredErrorOf(sample)(gridOf(candidate)),
      );
      assert.is(errors.length, 100 * (1 + 2 * shifts));
      assert.is(squaredErrorOf(sample)(gridOf(range)), Math.min(...errors));
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

test("no candidate reaches beyond the largest magnitude and its margin", () => {
  for (const { lo, hi } of candidateRanges({ min: -0.2, max: 2 }, 2.5, 4, 4))
    assert.ok(lo >= -2.5 && hi <= 2.5 && lo < hi, `${lo}, ${hi}`);
});

test("shifted ranges suit what is not centred", () => {
  const stat = (): ReturnType<typeof statOf> =>
    statOf({ values: elements(gaussian([1, 8, 8, 4], "shifted")).map((v) => v + 2) }, { bits: 4 });
  const width = (shifts: number): number => {
    const { range } = used(meanSquaredError({ shifts, of: "elements" }), [stat()])[0]!;
    return range.hi - range.lo;
  };
  assert.ok(width(4) < 0.8 * width(0), `${width(4)} and ${width(0)}`);
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
