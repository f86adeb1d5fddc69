/** @file A summary that was saved and goes on has the bits of one that was never interrupted. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Metric } from "../../../core/signal.ts";
import { summarizer } from "../../../operators/taps/metrics.ts";

const test = suite("metrics");

const aMetric = fc
  .record({
    name: fc.constantFrom("loss", "accuracy"),
    value: fc.double({ min: 0, max: 10, noNaN: true }),
    samples: fc.integer({ min: 1, max: 200 }),
    training: fc.boolean(),
  })
  .map((rest): Metric => ({ _tag: "Metric", step: 0, ...rest }));

const meansOf = (all: readonly Metric[], saved: Parameters<typeof summarizer>[0] = []) => {
  const summary = summarizer(saved);
  all.forEach(summary.add);
  return [...summary.read().metrics];
};

test("means that were saved as JSON go on to the same bits", () =>
  fc.assert(
    fc.property(fc.array(aMetric), fc.array(aMetric), (before, after) => {
      const saved = JSON.parse(JSON.stringify(meansOf(before)));
      assert.equal(meansOf(after, saved), meansOf([...before, ...after]));
    }),
  ));

test("a summary leaves the means that it goes on from as they were", () => {
  const saved = [["loss", { sum: 3, samples: 2 }]] as const;
  meansOf([{ _tag: "Metric", step: 0, name: "loss", value: 1, samples: 4, training: true }], saved);
  assert.equal(saved, [["loss", { sum: 3, samples: 2 }]]);
});

test.run();
