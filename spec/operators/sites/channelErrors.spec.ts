/** @file Bounds that are taught by the errors of channels: which channels count, and what the loss has to say. Against PyTorch: directQuantizationPytorch. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tensor } from "../../../core/tensor.ts";
import { channelBound } from "../../../quantizers/learned/channelBound.ts";
import { learnedBound } from "../../../quantizers/learned/learnedBound.ts";
import type { LearnedRange } from "../../../quantizers/learned/learnedRange.ts";
import { close } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { learning } from "../../support/learning.ts";
import { filled, gaussian } from "../../support/tensors.ts";

const test = suite("errors of channels");

const count = 2000;

/** Normal numbers, each channel times a width. */
const widths = (...of: readonly number[]) => {
  const x = elements(gaussian([count, 1, 1, of.length], "channels")).map(
    (one, i) => one * of[i % of.length]!,
  );
  return tensor(x, [count, 1, 1, of.length]);
};

const slopeAt = (bound: number, x: ReturnType<typeof widths>, dy = 0, learned?: LearnedRange): number =>
  learning(learned ?? channelBound({ sign: "signed" }), { bits: 4, value: bound, shape: x.shape.slice(1) })
    .run(x)
    .back(filled(x.shape, () => dy)).dp!;

/** The bound at which the error is least: where its gradient changes its sign. */
const bestBound = (x: ReturnType<typeof widths>): number => {
  let [lo, hi] = [0.05, 50];
  for (let round = 0; round < 20; round++) {
    const middle = Math.sqrt(lo * hi);
    if (slopeAt(middle, x) > 0) hi = middle;
    else lo = middle;
  }
  return Math.sqrt(lo * hi);
};

/** The bound of 15 levels that leaves the least mean squared error of all that are so many hundredths. */
const leastSquares = (x: Float32Array): number => {
  const errorOf = (bound: number): number =>
    x.reduce((sum, one) => {
      const code = Math.min(Math.max(Math.round((7 * one) / bound), -7), 7);
      return sum + ((code * bound) / 7 - one) ** 2;
    }, 0);
  const bounds = Array.from({ length: 400 }, (_, k) => (k + 1) / 100);
  return bounds.reduce((best, bound) => (errorOf(bound) < errorOf(best) ? bound : best));
};

test("for one channel the gradient vanishes where the squared error is least, whatever its width is", () => {
  const best = bestBound(widths(1));
  close(best, leastSquares(elements(widths(1))), 0.05 * best);
  close(bestBound(widths(8)) / 8, best, 0.01 * best);
});

test("one channel that is eight times as wide does not rule over seven others; by squared errors alone it would", () => {
  const one = bestBound(widths(1));
  const x = widths(8, 1, 1, 1, 1, 1, 1, 1);
  const mixed = bestBound(x);
  const alone = leastSquares(elements(x).map((value) => value / 8)) * 8;
  assert.ok(alone > 5 * one && mixed < 2 * one && mixed > one, `${alone}, ${mixed}, ${one}`);
});

test("a channel that hardly varies counts for no more than a hundredth of the mean variance lets it", () => {
  const x = widths(1, 1e-6);
  // Its error is its variance, 1e-12, over 0.01 mean variance: nothing. So half of what the first channel alone has.
  close(slopeAt(2, x), slopeAt(2, widthsOfFirst(x)) / 2, 1e-6);
});

/** The first channel alone. */
const widthsOfFirst = (x: ReturnType<typeof widths>) =>
  tensor(
    elements(x).filter((_, i) => i % 2 === 0),
    [count, 1, 1, 1],
  );

test("the loss has no say in the bound, as it has in that of lbt", () => {
  const x = widths(1, 3);
  assert.is(slopeAt(2, x, 5), slopeAt(2, x, 0));
  assert.is.not(slopeAt(2, x, 0), 0);
  const lbt = learnedBound({ sign: "signed" });
  assert.is.not(slopeAt(2, x, 5, lbt), slopeAt(2, x, 0, lbt));
});

test("channels that are all constant teach nothing", () =>
  assert.is(slopeAt(2, tensor(new Float32Array(8).fill(0.3), [4, 1, 1, 2])), 0));

test("gradients of the tensor pass where the bound has it inside", () => {
  const site = learning(channelBound(), { bits: 4, value: 1, shape: [1, 1, 2] });
  const { dx } = site
    .run(tensor(Float32Array.of(0.5, 3, 0.2, 0.7), [2, 1, 1, 2]))
    .back(filled([2, 1, 1, 2], () => 2));
  assert.equal([...dx], [2, 0, 2, 2]);
});

test.run();
