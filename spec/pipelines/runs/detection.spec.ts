/** @file Detection trains, resumes and is evaluated as other tasks are, and is judged by mAP of a whole evaluation. */
import { join } from "node:path";
import { firstValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtInExperiment } from "../../../pipelines/experiments/builtInExperiment.ts";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { readDetections } from "../../../pipelines/runs/detectionFile.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import type { MetricEvent } from "../../../pipelines/runs/events.ts";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";
import { doneIn, eventsOf, small, stopsAfter } from "../runs.ts";

const test = suite("detection");

const detecting: Partial<Settings> = {
  ...small,
  model: "centerDetector",
  data: "scenes",
  width: 1 / 4,
  limit: 48,
  testLimit: 20,
  lr: 0.1,
  batch: 8,
};

/** Sum of the terms of a loss, of training or of test samples. */
const sumOfTerms = (metrics: readonly MetricEvent[] = [], of: "train" | "test"): number =>
  metrics.filter(({ name }) => name.endsWith(" loss")).reduce((sum, one) => sum + (one[of] ?? Number.NaN), 0);

test("centerDetector learns scenes in 8/8/8: its loss falls, and events tell mAP of test images only, and both terms of the loss", async () => {
  const events = await eventsOf({ ...detecting, epochs: 4 });
  const epochs = events.flatMap((event) => (event.event === "epoch" ? [event] : []));
  const [first, last] = [epochs[0]!, epochs[3]!];
  assert.ok(last.loss < 0.9 * first.loss, `${first.loss} to ${last.loss}`);
  assert.equal([last.metric, last.trainScore], ["mAP@0.5", undefined]);
  assert.equal(
    last.metrics?.map(({ name, train, test }) => [name, train, typeof test]),
    [
      ["mAP@0.5", undefined, "number"],
      ["mAP", undefined, "number"],
      ["heatmap loss", last.metrics?.[2]?.train, "number"],
      ["overlap loss", last.metrics?.[3]?.train, "number"],
    ],
  );
  for (const { loss, testLoss, metrics } of epochs) {
    assert.ok(Math.abs(sumOfTerms(metrics, "train") - loss) < 1e-12 * loss);
    assert.ok(Math.abs(sumOfTerms(metrics, "test") - (testLoss as number)) < 1e-12 * loss);
  }
  const done = doneIn(events);
  assert.is(done.score, last.testScore);
  assert.equal([done.better, done.faults], ["higher", 0]);
});

test("it ends with the same bits on simd and on the reference", async () => {
  const short: Partial<Settings> = {
    ...detecting,
    width: 1 / 8,
    limit: 4,
    testLimit: 2,
    batch: 2,
    epochs: 1,
  };
  const [ours, oracle] = [
    doneIn(await eventsOf(short)),
    doneIn(await eventsOf({ ...short, engine: "reference" })),
  ];
  assert.is(ours.weightsSha256, oracle.weightsSha256);
  assert.is(ours.score, oracle.score);
});

test("a run that was stopped goes on with the same bits, and its score is read again", async () => {
  const whole = doneIn(await eventsOf(detecting));
  const out = join(scratch(), "run");
  await eventsOf(detecting, { out, ...stopsAfter(7) });
  const resumed = doneIn(await eventsOf({}, { out, resume: true }));
  assert.is(resumed.weightsSha256, whole.weightsSha256);
  assert.equal([resumed.score, resumed.bestScore], [whole.score, whole.bestScore]);
  const score = await firstValueFrom(evaluate(builtIn(), out));
  assert.equal([score.testScore, score.images, score.metric], [whole.score, 20, "mAP@0.5"]);
  assert.equal(
    score.metrics?.map(({ name }) => name),
    ["mAP@0.5", "mAP", "heatmap loss", "overlap loss"],
  );
  assert.ok(Math.abs(sumOfTerms(score.metrics, "test") - score.testLoss) < 1e-12);
  const pictures = readDetections(out);
  assert.equal([pictures?.epoch, pictures?.images.length, pictures?.classes.length], [2, 8, 10]);
});

const refused = (settings: Partial<Settings>): string =>
  sentenceOf(() => builtInExperiment({ ...defaults, ...settings }, []));

test("networks and data of other tasks are refused, and what only classification has", () => {
  assert.is(
    refused({ data: "scenes" }),
    "--model: lenet5 for --data scenes, which is detection, expected one of centerDetector; or use other data.",
  );
  assert.match(
    refused({ data: "cifar10", model: "centerDetector" }),
    /^--model: centerDetector for --data cifar10, which is classification, expected one of lenet5, /,
  );
  assert.match(
    refused({ data: "scenes", model: "centerDetector", constraint: 0.1 }),
    /^--constraint applies to classification, not to detection/,
  );
});

test.run();
