/** @file The training loss so far: a fold over signals, and how it reaches a quantizer. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Losses, Metric, Signal } from "../../../core/signal.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { lossesAfter } from "../../../operators/training/lossesAfter.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { trainingLosses } from "../../../quantizers/projections/adaFlLevels.ts";
import type { Projection } from "../../../quantizers/projections/projection.ts";
import { close } from "../../support/close.ts";
import { row } from "../../support/tensors.ts";
import { batch, built, opened, quantizing, testScope } from "../../support/testScope.ts";

const test = suite("the training loss so far");

const loss = (value: number, options: Partial<Metric> = {}): Signal => ({
  ...{ _tag: "Metric", step: 0, name: "loss", value, samples: 1, training: true },
  ...options,
});

const after = (...signals: readonly Signal[]): Losses | undefined =>
  signals.reduce<Losses | undefined>(lossesAfter, undefined);

test("the first loss stays, the recent one is a running mean that starts there", () => {
  assert.is(after(), undefined);
  assert.equal(after(loss(2)), { first: 2, recent: 2 });
  const { first, recent } = after(loss(2), loss(1), loss(3))!;
  assert.is(first, 2);
  close(recent, 0.9 * (0.9 * 2 + 0.1 * 1) + 0.1 * 3, 1e-12);
});

test("test losses, other metrics and other signals say nothing", () => {
  const others: readonly Signal[] = [
    loss(1, { training: false }),
    loss(1, { name: "accuracy" }),
    { _tag: "Updated", step: 1, learningRate: 1, parameters: 1 },
  ];
  assert.is(after(...others), undefined);
  assert.equal(after(loss(2), ...others), { first: 2, recent: 2 });
});

/** Notes the losses that it is told. */
const listening = (heard: unknown[]): Projection => ({
  name: "listening",
  follows: "range",
  project: (x, { quantities }) => {
    heard.push(trainingLosses.in(quantities));
    return { values: x, clipped: 0 };
  },
});

test("a projection hears the losses of the batch, and fails from the second batch on where nobody tells them", () => {
  const heard: unknown[] = [];
  const scope = testScope({
    quantizer: quantizing(currentMinMax(), { bits: 8, projection: listening(heard) }),
  });
  const run = opened(built(quantize({ activation: "x" }), scope).layer);
  const losses = { first: 2, recent: 1 };
  run(batch(row(1, 2)));
  run(batch(row(1, 2), { step: 1, losses }));
  assert.equal(heard, [undefined, losses]);
  assert.throws(
    () => run(batch(row(1, 2), { step: 2 })),
    /x, step 2: .*the quantizer listening without a training loss.*lossesAfter/,
  );
});

test.run();
