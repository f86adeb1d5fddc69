/** @file Runs with a metric of a whole evaluation: the area under the curve of an own experiment, by pairs and by ranks. */
import { join } from "node:path";
import { firstValueFrom, lastValueFrom, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Target } from "../../../core/target.ts";
import { elements, type HostTensor } from "../../../core/tensor.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { epochMetric } from "../../../operators/taps/epochMetric.ts";
import type { BatchMetric, EpochMetric } from "../../../operators/taps/outputMetric.ts";
import { fromArrays } from "../../../pipelines/data/fromArrays.ts";
import { type ExperimentParts, experiment } from "../../../pipelines/experiments/experiment.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { loadRun } from "../../../pipelines/runs/runDirectory.ts";
import { compare } from "../../../pipelines/studies/compare.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { doneIn, sameRows, stopsAfter } from "../runs.ts";
import { eventsOf } from "./sums.ts";

const test = suite("runs with a metric of a whole evaluation");
const home = scratch();

/** Two classes that overlap: 120 samples, 36 of them for the test. */
const overlapping = (options: { readonly test?: number } = { test: 0.3 }) => {
  const [x, y] = [new Float32Array(240), new Int32Array(120)];
  for (let n = 0; n < 120; n++) {
    y[n] = (7 * n) % 5 < 2 ? 1 : 0;
    x.set([((11 * n) % 17) / 17 + 0.4 * y[n]!, ((5 * n) % 13) / 13], 2 * n);
  }
  return fromArrays(x, y, [1, 1, 2], { name: "overlapping", classes: ["no", "yes"], ...options });
};

type Told = readonly (readonly [score: number, label: number])[];

/** How much the second logit is above the first, and the label, of each sample. */
const gather = (output: HostTensor, target: Target): Told => {
  const y = elements(output);
  return Array.from(target as Int32Array, (label, n) => [y[2 * n + 1]! - y[2 * n]!, label] as const);
};

/** The area by the ranks of the positives (Mann and Whitney); ties have the mean of their ranks. */
const byRanks = (told: Told): number => {
  const sorted = [...told].sort(([a], [b]) => a - b);
  const rankOf = (score: number): number => {
    const first = sorted.findIndex(([one]) => one === score);
    const last = sorted.findLastIndex(([one]) => one === score);
    return 1 + (first + last) / 2;
  };
  const positives = told.filter(([, label]) => label === 1);
  const ranks = positives.reduce((sum, [score]) => sum + rankOf(score), 0);
  const n = positives.length;
  return (ranks - (n * (n + 1)) / 2) / (n * (told.length - n));
};

/** The same by its meaning: the share of pairs of a positive and a negative in which the positive has the larger score. */
const byPairs = (told: Told): number => {
  let [won, pairs] = [0, 0];
  for (const [a, first] of told)
    for (const [b, second] of told)
      if (first === 1 && second === 0) {
        pairs++;
        won += a > b ? 1 : a === b ? 0.5 : 0;
      }
  return won / pairs;
};

const auc = epochMetric({
  name: "AUC",
  better: "higher",
  gather,
  compute: (batches) => byRanks(batches.flat()),
});
/** The mean of the areas of batches. */
const meanOfAreas: BatchMetric = {
  ...{ name: "mean area", better: "higher" },
  evaluate: (output, target) => byRanks(gather(output, target)),
};

const parts: ExperimentParts = {
  name: "yes or no",
  network: sequential(
    quantized(dense)("hidden", { units: 8 }),
    relu(),
    quantized(dense)("output", { units: 2, gain: 1 }),
  ),
  data: overlapping(),
  loss: crossEntropy(),
  metrics: [auc, meanOfAreas],
  score: { metric: "AUC", better: "higher" },
  batch: 16,
  epochs: 3,
};

/** The experiment, and what it gathers from each test batch, as it comes. */
const seeing = () => {
  const seen: Told[] = [];
  const seenAuc: EpochMetric<Told> = {
    ...auc,
    gather: (output, target) => {
      const told = gather(output, target);
      seen.push(told);
      return told;
    },
  };
  return { seen, parts: { ...parts, metrics: [seenAuc, meanOfAreas] } };
};

const whole = join(home, "whole");
const mine = experiment(parts);
const events = await eventsOf(mine, { out: whole });
const epochs = events.flatMap((event) => (event.event === "epoch" ? [event] : []));
const done = doneIn(events);

test("it is that of all test samples in every epoch, and no mean over batches", async () => {
  const { seen, parts } = seeing();
  const told = (await eventsOf(experiment(parts))).flatMap((event) =>
    event.event === "epoch" ? [event] : [],
  );
  // Before them are those of probes.
  seen.splice(0, seen.length - 9);
  assert.is(seen.flat().length, 108);
  for (const [i, { testScore, metrics }] of told.entries()) {
    const expected = byPairs(seen.slice(3 * i, 3 * i + 3).flat());
    assert.ok(Math.abs((testScore ?? 0) - expected) < 1e-12, `${testScore} and ${expected}`);
    assert.ok(Math.abs((metrics?.[1]?.test ?? 0) - expected) > 1e-3, JSON.stringify(metrics));
  }
});

test("events tell no value of training, and the run is judged by that of the test samples", () => {
  for (const epoch of epochs) {
    assert.is("trainScore" in epoch, false);
    assert.is(epoch.metric, "AUC");
    assert.equal(epoch.metrics?.[0], { name: "AUC", test: epoch.testScore });
    assert.equal(Object.keys(epoch.metrics?.[1] ?? {}), ["name", "train", "test"]);
    assert.equal(Object.keys(epoch.metrics?.[2] ?? {}), ["name", "train", "test"]);
    assert.equal(
      epoch.metrics?.map(({ name }) => name),
      ["AUC", "mean area", "accuracy"],
      "accuracy, which the loss emits, is told where it is not the score",
    );
  }
  assert.equal([done.metric, done.better, done.score], ["AUC", "higher", epochs[2]?.testScore]);
  assert.is(done.bestScore, Math.max(...epochs.map(({ testScore }) => testScore!)));
});

test("a checkpoint has the same, with batches of any size", async () => {
  for (const batch of [1, 5, 16, 36]) {
    const score = await firstValueFrom(evaluate(mine, whole, { batch }));
    assert.equal([score.metric, score.testScore, score.images], ["AUC", done.score, 36]);
    assert.equal(score.metrics?.[0], { name: "AUC", test: done.score });
  }
});

test("stopped before, in and behind an evaluation, it goes on to the same end", async () => {
  // Five steps and three test batches in an epoch: an evaluation begins again.
  for (const [after, from] of [
    [4, 4],
    [5, 5],
    [6, 5],
    [7, 5],
    [8, 8],
    [14, 13],
  ] as const) {
    const out = join(home, `stopped-${after}`);
    await eventsOf(mine, { out, ...stopsAfter(after) });
    assert.is(loadRun(out).progress.index, from);
    const resumed = await eventsOf(mine, { out, resume: true });
    const { seconds: _, imagesPerSecond: __, out: ___, ...last } = doneIn(resumed);
    const { seconds: ____, imagesPerSecond: _____, out: ______, ...expected } = done;
    assert.equal(last, expected);
    const told = resumed.flatMap((event) => (event.event === "epoch" ? [event] : []));
    for (const { epoch, metrics, testLoss } of told) {
      assert.equal(metrics, epochs[epoch - 1]?.metrics);
      assert.is(testLoss, epochs[epoch - 1]?.testLoss);
    }
    sameRows(out, whole);
  }
});

test("NaN is a value: it is told, and the best score is that of the epochs that have one", async () => {
  let passes = 0;
  const rarely: EpochMetric<number> = {
    ...{ name: "rarely", better: "higher", gather: () => 1 },
    // A probe asks for two batches.
    compute: (ones) => (ones.length === 3 && ++passes === 2 ? ones.length : Number.NaN),
  };
  const score = { metric: "rarely", better: "higher" } as const;
  const out = join(home, "rarely");
  const told = await eventsOf(experiment({ ...parts, metrics: [rarely], score }), { out });
  const scores = told.flatMap((event) => (event.event === "epoch" ? [event.testScore] : []));
  assert.equal(scores, [Number.NaN, 3, Number.NaN]);
  assert.equal([doneIn(told).score, doneIn(told).bestScore], [Number.NaN, 3]);
});

test("what throws ends the run with the metric and the step", async () => {
  const compute = (): never => {
    throw new Error("no positives");
  };
  assert.match(
    await failureOf(eventsOf(experiment({ ...parts, metrics: [{ ...auc, compute }] }))),
    /^metric AUC, .*step 5: threw no positives, expected a function from all that was gathered to a number\.$/,
  );
});

test("a score of an evaluation is refused where there is none, and such a metric beside it is left out", async () => {
  const untested = { ...parts, data: overlapping({}) };
  assert.match(
    await failureOf(eventsOf(experiment(untested))),
    /^experiment, score: AUC, which is computed over a whole evaluation, and data without test samples, expected test samples/,
  );
  const { score: _, ...rest } = untested;
  const told = await eventsOf(experiment({ ...rest, epochs: 1 }));
  const [epoch] = told.flatMap((event) => (event.event === "epoch" ? [event] : []));
  assert.equal(
    epoch?.metrics?.map(({ name }) => name),
    ["mean area"],
  );
});

test("other functions are another run, and so are functions that read another value from around them", async () => {
  const out = join(home, "identity");
  const at = (threshold: number): ExperimentParts => ({
    ...parts,
    metrics: [
      auc,
      {
        name: "above",
        better: "higher",
        gather,
        compute: (all) => all.flat().filter(([s]) => s > threshold).length,
      },
    ],
  });
  await eventsOf(experiment(at(-100)), { out, ...stopsAfter(3) });
  assert.match(
    await failureOf(eventsOf(experiment(at(100)), { out, resume: true })),
    /values of metric above/,
  );
  const other = { ...at(-100), metrics: [{ ...auc, compute: () => 1 }, at(-100).metrics![1]!] };
  assert.match(await failureOf(eventsOf(experiment(other), { out, resume: true })), /source of metric AUC/);
});

test("a metric that is neither, or both, is no metric", () => {
  const refused = (metric: object) =>
    assert.throws(
      () => experiment({ ...parts, metrics: [metric as never] }),
      /^experiment, metrics: .*, expected an array of metrics \{ name, better, evaluate \}, or of \{ name, better, gather, compute \}/,
    );
  const { compute: _, ...gathers } = auc;
  refused(gathers);
  refused({ ...auc, gather: 3 });
  refused({ ...auc, evaluate: () => 1 });
  refused({ ...auc, name: "" });
});

test("studies compare by it", async () => {
  const rivals = { three: mine, one: experiment({ ...parts, epochs: 1 }) };
  const told = await lastValueFrom(
    compare(rivals, { seeds: [1, 2], out: join(home, "study"), jobs: 1, engine: "simd", threads: 1 }).pipe(
      toArray(),
    ),
  );
  const scores = told.flatMap((event) =>
    event.event === "run" && event.status === "done" ? [event.done] : [],
  );
  assert.ok(scores.some(({ score }) => score === done.score));
  const cells = told.flatMap((event) => (event.event === "cell" ? [event] : []));
  assert.equal(
    cells.map(({ score, better, test }) => [score, better, test !== null]),
    [
      ["AUC", "higher", true],
      ["AUC", "higher", true],
    ],
  );
});

test.run();
