/** @file What a run of detection leaves to look at: its first test images, with the boxes that are there and those that were found. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom, tap } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readBoxes } from "../../../core/boxTarget.ts";
import { elements, type HostTensor, tensor } from "../../../core/tensor.ts";
import { type Detection, decodeCenters } from "../../../operators/detection/decodeCenters.ts";
import type { Scope } from "../../../operators/module/module.ts";
import { epochMetric } from "../../../operators/taps/epochMetric.ts";
import { type ExperimentParts, experiment } from "../../../pipelines/experiments/experiment.ts";
import { liveRun } from "../../../pipelines/live/liveRun.ts";
import { watchedRun } from "../../../pipelines/live/watchedRun.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { detectionsIn, readDetections } from "../../../pipelines/runs/detectionFile.ts";
import { firstFound } from "../../../pipelines/runs/firstFound.ts";
import { picturesOf } from "../../../pipelines/runs/pictures.ts";
import { train } from "../../../pipelines/runs/train.ts";
import { failureOf } from "../../support/failureOf.ts";
import { batch, built, opened, testScope } from "../../support/testScope.ts";
import { eventsOf } from "../experiments/sums.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";
import { doneIn, stopsAfter } from "../runs.ts";
import { barsData, detecting } from "./detectingRun.ts";

const test = suite("detections of a run");
const home = scratch();
const whole = join(home, "whole");

/** Outputs of the test images of each evaluation, as a metric sees them. */
const outputs: HostTensor[] = [];
const seeing = epochMetric({
  name: "images",
  better: "higher",
  gather: (output) => {
    outputs.push(tensor(elements(output).slice(), output.shape));
    return output.shape[0]!;
  },
  compute: (counts) => counts.reduce((a, b) => a + b, 0),
});

const done = doneIn(await eventsOf(experiment({ ...detecting, metrics: [seeing] }), { out: whole }));
const left = readDetections(whole)!;

test("they are of the first eight test images, with their own boxes and classes, after the last epoch", () => {
  assert.equal([left.epoch, left.step, left.classes, left.images.length], [3, 9, ["even", "odd"], 8]);
  const { test } = barsData().batches({ batch: 10, seed: 1 });
  const { target } = test.make(0);
  for (const [n, { height, width, truth }] of left.images.entries()) {
    assert.equal([height, width], [16, 16]);
    assert.equal(truth, readBoxes(target as HostTensor, n));
  }
  assert.is(done.testImages, 10);
});

test("what was found is what the outputs of the last evaluation tell, the surest first, without the least sure", () => {
  const last = outputs.slice(-3);
  for (const [n, { found }] of left.images.entries()) {
    const expected = decodeCenters(last[Math.floor(n / 4)]!, n % 4).filter(({ score }) => score >= 0.05);
    assert.ok(expected.length > 0);
    assert.equal(found, expected.slice(0, 30));
  }
});

test("pictures are grey from the least number of these images to the greatest", () => {
  // Bytes are 40, and up to 207 in image 7.
  for (const [n, { picture }] of left.images.entries()) {
    assert.equal([picture.height, picture.width, picture.channels], [16, 16, 1]);
    const bytes = Buffer.from(picture.bytes, "base64");
    const expected = Uint8Array.from({ length: 256 }, (_, i) => {
      const [row, column] = [Math.floor(i / 16), i % 16];
      const inBar = row >= n && row < n + 4 && column >= n;
      return inBar ? Math.round((255 * (200 + n - 40)) / 167) : 0;
    });
    assert.equal(new Uint8Array(bytes), expected);
  }
});

test("large images are made smaller, colours stay, other channels are left out, and one that is no number is black", () => {
  const made = (shape: readonly number[], x: Float32Array) =>
    picturesOf(
      {
        perEpoch: 1,
        samplesPerEpoch: 1,
        make: () => ({ x, shape: [1, ...shape], target: tensor(new Float32Array(5).fill(-1), [1, 1, 1, 5]) }),
      },
      8,
    )[0]!;
  // Rows alternate between 0 and 2: means of 2x2 pixels are all 1, but for the first one, which is of 0, 0, 4 and 2.
  const rows = Float32Array.from({ length: 200 * 200 }, (_, i) => (Math.floor(i / 200) % 2) * 2);
  rows[200] = 4;
  const { height, picture } = made([200, 200, 1], rows);
  const bytes = Buffer.from(picture.bytes, "base64");
  assert.equal([height, picture.height, picture.width, bytes.length], [200, 100, 100, 10000]);
  assert.equal([...bytes.subarray(0, 3)], [Math.round((255 * 1.5) / 4), 64, 64]);
  const colours = made([1, 2, 3], Float32Array.of(0, 5, -1, 1, 9, Number.NaN));
  assert.equal([...Buffer.from(colours.picture.bytes, "base64")], [0, 0, 0, 255, 255, 0]);
  assert.equal([colours.picture.channels, colours.truth], [3, []]);
  const [two] = [made([1, 2, 2], Float32Array.of(1, 7, 2, 7))];
  assert.equal([two.picture.channels, [...Buffer.from(two.picture.bytes, "base64")]], [1, [0, 255]]);
});

test("stopped and resumed it leaves the same; what a killed process has left of a later epoch is gone", async () => {
  const out = join(home, "stopped");
  const parts = { ...detecting, metrics: [seeing] };
  // An epoch has three steps and three test batches; it stops in the second evaluation.
  await eventsOf(experiment(parts), { out, ...stopsAfter(11) });
  assert.is(readDetections(out)?.epoch, 1);
  const kept = readFileSync(detectionsIn(out));
  writeFileSync(detectionsIn(out), readFileSync(detectionsIn(whole)));
  await eventsOf(experiment(parts), { out, resume: true, ...stopsAfter(1) });
  assert.is(existsSync(detectionsIn(out)), false);
  writeFileSync(detectionsIn(out), kept);
  await eventsOf(experiment(parts), { out, resume: true, ...stopsAfter(1) });
  assert.is(readDetections(out)?.epoch, 1);
  await eventsOf(experiment(parts), { out, resume: true });
  assert.equal(readDetections(out), left);
});

test("a run that is no detection leaves nothing, and one that writes nothing goes on as well", async () => {
  const { detections: _, ...rest } = detecting;
  const out = join(home, "nothing");
  const plain = doneIn(await eventsOf(experiment(rest), { out }));
  assert.is(readDetections(out), undefined);
  assert.is("detections" in readRunView(out), false);
  const written = doneIn(await eventsOf(experiment(detecting)));
  assert.equal([written.weightsSha256, plain.weightsSha256], [done.weightsSha256, done.weightsSha256]);
});

test("a report and both live pages show them", async () => {
  assert.equal(readRunView(whole).detections, left);
  const out = join(home, "live");
  const live = liveRun();
  const shown: (number | undefined)[] = [];
  await lastValueFrom(
    train(experiment({ ...detecting, epochs: 1 }), { out, tap: live.tap, engine: "simd", threads: 1 }).pipe(
      tap((event) => {
        live.see(event);
        if (event.event === "epoch") shown.push(live.shown().open.view().detections?.epoch);
      }),
    ),
  );
  assert.equal(shown, [1]);
  assert.equal(watchedRun(out)().open.view().detections, readDetections(out));
});

test("a file that has changed or is cut is told, and the rest of the run is shown", () => {
  const out = join(home, "damaged");
  const text = readFileSync(detectionsIn(whole), "utf8");
  return eventsOf(experiment({ ...detecting, epochs: 1 }), { out }).then(() => {
    for (const damaged of [text.slice(0, 200), text.replace('"epoch": 3', '"epoch": 2'), "{}"]) {
      writeFileSync(detectionsIn(out), damaged);
      assert.match(
        sentenceOf(() => readDetections(out)),
        /detections\.json: .*remove it/,
      );
      const view = readRunView(out);
      assert.equal([view.epochs.length, "detections" in view, view.missing.length], [1, false, 1]);
    }
  });
});

test("a file that another run has left is told, and not shown", () => {
  const out = join(home, "another");
  return eventsOf(experiment({ ...detecting, epochs: 1 }), { out }).then(() => {
    writeFileSync(detectionsIn(out), readFileSync(detectionsIn(whole)));
    const view = readRunView(out);
    assert.is("detections" in view, false);
    assert.match(
      view.missing.join(),
      /detections\.json: detections of run [0-9a-f]{16}, expected those of run [0-9a-f]{16}/,
    );
    assert.is(watchedRun(out)().open.view().detections, undefined);
  });
});

const failing = (detections: unknown): Promise<string> =>
  failureOf(
    Promise.resolve().then(() => eventsOf(experiment({ ...detecting, detections } as ExperimentParts))),
  );

test("a function that throws or gives no detections, and data without boxes, are told", async () => {
  assert.match(
    await failing(() => {
      throw new Error("no");
    }),
    /^detections, .*step 3: threw no, expected a function from an output/,
  );
  const one: Detection = { label: 0, box: [0, 0, 1, 1], score: 0.5 };
  const wrong: readonly unknown[] = [
    3,
    undefined,
    [{ ...one, box: [0, 0, 1] }],
    [one, { ...one, score: Number.NaN }],
    [{ ...one, label: 0.5 }],
    [undefined],
  ];
  for (const given of wrong)
    assert.match(await failing(() => given), /^detections, .*step 3: returned .*, expected detections \{/);
  assert.match(await failing(3), /^experiment, detections: 3, expected a function, such as decodeCenters/);
  const { parts } = await import("../experiments/sums.ts");
  assert.match(
    await failureOf(eventsOf(experiment({ ...parts, detections: decodeCenters }))),
    /^experiment, detections: data sums whose targets are 1x1x2, expected targets 1xMx5/,
  );
});

test("each look at an image is watched, with the step", () => {
  const watched: string[] = [];
  const watch: Scope["watch"] = (place) => (step, call) => {
    watched.push(`${place}, step ${step}`);
    return call();
  };
  const { module } = firstFound(() => [], 3);
  const run = opened(built(module, testScope({ watch })).layer);
  const x = tensor(new Float32Array(2), [2, 1, 1, 1]);
  for (const endsPass of [false, true]) run(batch(x, { training: false, step: 5, endsPass }));
  assert.equal(
    watched.filter((place) => place.startsWith("detections")),
    Array(3).fill("detections, step 5"),
  );
});

test.run();
