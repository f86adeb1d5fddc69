/** @file Events of a run's log and recording: what has a value, under which tag, in the order of the steps. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RangeSeen } from "../../../core/signal.ts";
import { inOrder, lineEvent, rowEvent } from "../../../pipelines/exports/runEvents.ts";
import type { SummaryEvent } from "../../../pipelines/imports/summaryEvent.ts";
import type { LoggedEpoch } from "../../../pipelines/runs/learningLog.ts";

const test = suite("events of a run");

const scalarsOf = ({ values }: SummaryEvent) => values.map(({ tag, scalar }) => [tag, scalar]);

const epoch: LoggedEpoch = {
  ...{
    event: "epoch",
    epoch: 2,
    steps: 20,
    loss: 0.5,
    metric: "loss",
    learningRate: 0.1,
    imagesPerSecond: 9,
  },
};

const every = (): boolean => true;

test("an epoch has what it was tested with; a score that is the loss is not written twice, nor a metric that is the score", () => {
  assert.equal(lineEvent(epoch, every), { step: 20, values: [] });
  const tested = { ...epoch, testLoss: 0.6, trainScore: 0.5, testScore: 0.6 };
  assert.equal(scalarsOf(lineEvent(tested, every)), [["loss/test", 0.6]]);
  const metrics = [
    { name: "top5", train: 0.9, test: 0.8 },
    { name: "f1", test: 0.7 },
  ];
  assert.equal(scalarsOf(lineEvent({ ...tested, metric: "f1", metrics }, every)), [
    ["loss/test", 0.6],
    ["f1/train", 0.5],
    ["f1/test", 0.6],
    ["top5/train", 0.9],
    ["top5/test", 0.8],
  ]);
});

test("a loss that is not finite is written, the reason of a failure is not", () => {
  const step = { event: "step", step: 3, loss: Number.NaN, learningRate: 0.1 } as const;
  assert.equal(scalarsOf(lineEvent(step, every)), [
    ["loss/train", Number.NaN],
    ["learning_rate", 0.1],
  ]);
  assert.equal(lineEvent({ event: "failed", step: 4, why: "NaN" }, every).values, []);
});

test("a tensor without finite elements has its range, and neither min, max nor a share of clipped elements", () => {
  const row: RangeSeen = {
    ...{ _tag: "RangeSeen", site: "fc/input", role: "activation", step: 1, estimator: "currentMinMax" },
    stat: { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, count: 0, nonFinite: 0 },
    ...{
      verdict: "empty",
      range: { lo: 0, hi: 2 },
      isStatic: true,
      clipped: 0,
      bytesMoved: 0,
      bytesSaved: 0,
    },
  };
  assert.equal(scalarsOf(rowEvent(row)), [
    ["range/fc/input/lo", 0],
    ["range/fc/input/hi", 2],
  ]);
  const foreign = { known: "minMax", minError: 0, maxError: 0, coldStart: false } as const;
  const imported = { ...row, stat: { ...row.stat, min: -1, max: 1 }, foreign };
  assert.equal(scalarsOf(rowEvent(imported)), [
    ["tensor/fc/input/min", -1],
    ["tensor/fc/input/max", 1],
  ]);
});

test("events come in the order of their steps, and both sources are closed however reading ends", () => {
  const closed: string[] = [];
  function* source(name: string, steps: readonly number[]): Generator<SummaryEvent> {
    try {
      for (const step of steps) yield { step, values: [{ tag: name, scalar: step }] };
    } finally {
      closed.push(name);
    }
  }
  const all = inOrder(source("a", [0, 1, 1, 4]), source("b", [0, 0, 1, 2, 5]));
  assert.is(
    [...all].map(({ step, values }) => `${values[0]?.tag}${step}`).join(" "),
    "a0 b0 b0 a1 a1 b1 b2 a4 b5",
  );
  assert.equal(closed, ["a", "b"]);
  for (const _ of inOrder(source("c", [1, 2]), source("d", [0, 3]))) break;
  assert.equal(closed.sort(), ["a", "b", "c", "d"]);
});

test.run();
