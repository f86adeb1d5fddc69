/** @file A summary that was saved and goes on has the bits of one that was never interrupted. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Signal } from "../../../core/signal.ts";
import { type SavedSums, summarizer } from "../../../operators/taps/summarizer.ts";

const test = suite("metrics");

const aMetric = fc
  .record({
    name: fc.constantFrom("loss", "slack"),
    site: fc.constantFrom("conv1", "conv2", undefined),
    value: fc.double({ min: 0, max: 10, noNaN: true }),
    samples: fc.integer({ min: 1, max: 200 }),
    training: fc.boolean(),
  })
  .map(({ site, ...rest }): Signal => ({ _tag: "Metric", step: 0, ...rest, ...(site && { site }) }));

const anOverflow = fc
  .record({
    site: fc.constantFrom("conv1", "conv2"),
    overflows: fc.integer({ min: 0, max: 100 }),
    sums: fc.integer({ min: 100, max: 1e6 }),
  })
  .map((rest): Signal => ({ _tag: "Overflow", step: 0, product: "Forward", ...rest }));

const aFault = fc.constant<Signal>({
  ...{ _tag: "Fault", step: 0, site: "conv1", kind: "ZeroTensor", message: "conv1, step 0: zero" },
});

const signals = fc.array(fc.oneof(aMetric, anOverflow, aFault));

const sumsOf = (all: readonly Signal[], saved?: SavedSums): SavedSums => {
  const summary = summarizer(saved);
  all.forEach(summary.add);
  return summary.save();
};

test("means, overflows and faults that were saved as JSON go on to the same bits, and in the same order", () =>
  fc.assert(
    fc.property(signals, signals, (before, after) => {
      const saved = JSON.parse(JSON.stringify(sumsOf(before)));
      assert.equal(sumsOf(after, saved), sumsOf([...before, ...after]));
    }),
  ));

test("a summary leaves the sums that it goes on from as they were, and its own are not those that it has saved", () => {
  const loss = { _tag: "Metric", step: 0, name: "loss", value: 1, samples: 4, training: true } as const;
  const ofLoss = { name: "loss", training: true, sum: 3, samples: 2 };
  const saved: SavedSums = { metrics: [{ ...ofLoss }], overflows: [], faults: 1 };
  sumsOf([loss], saved);
  assert.equal(saved.metrics, [ofLoss]);
  const summary = summarizer(saved);
  const before = summary.save();
  summary.add(loss);
  assert.equal(before, saved);
});

test("metrics are averaged apart by name, by site, and in training and evaluation", () => {
  const metric = { _tag: "Metric", step: 0, name: "slack", value: 1, samples: 4, training: true } as const;
  const { metrics } = sumsOf([
    metric,
    { ...metric, site: "conv1", value: 2 },
    { ...metric, training: false },
    { ...metric, site: "conv1", value: 5, samples: 8 },
  ]);
  assert.equal(
    metrics.map(({ site, training, sum, samples }) => [site, training, sum, samples]),
    [
      [undefined, true, 4, 4],
      ["conv1", true, 48, 12],
      [undefined, false, 4, 4],
    ],
  );
});

test.run();
