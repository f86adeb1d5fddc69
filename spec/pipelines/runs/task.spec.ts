/** @file Tasks: data decide what a model is trained for; super-resolution trains, resumes and is evaluated as classification is. */
import { join } from "node:path";
import { firstValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { simd } from "../../../core/engines/simd/engine.ts";
import { type ModelName, models } from "../../../models/models.ts";
import { builtInExperiment } from "../../../pipelines/experiments/builtInExperiment.ts";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { checkRoom } from "../../../pipelines/runs/room.ts";
import { convolutionsOf } from "../../../pipelines/runs/traffic.ts";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";
import { doneIn, eventsOf, partsOf, small, stopsAfter } from "../runs.ts";

const test = suite("task");

const upscaling: Partial<Settings> = {
  ...small,
  model: "edsr",
  data: "glyphsX2",
  width: 1 / 8,
  limit: 48,
  testLimit: 20,
  lr: 0.1,
};

const madeOf = (settings: Partial<Settings>) => builtInExperiment({ ...defaults, ...settings }, []);

test("the data decide the task, and a model of another one is refused before anything is read", async () => {
  assert.is(madeOf({ data: "glyphs", model: "vgg16" }).score?.metric, "accuracy");
  assert.is(madeOf({ data: "tinyImageNetX2", model: "edsr" }).score?.metric, "psnr");
  assert.is(madeOf({ data: "tinyImageNetBoxes", model: "centerDetector" }).score?.metric, "mAP@0.5");
  assert.is(
    sentenceOf(() => madeOf({ data: "cifar10", model: "edsr" })),
    "--model: edsr for --data cifar10, which is classification, expected one of lenet5, resnet20, resnet18, preactResnet, vgg16, mobileNetV1, mobileNetV2, vit; or use other data.",
  );
  try {
    await eventsOf({ data: "tinyImageNetX2", dataDir: "none" });
    assert.unreachable();
  } catch (error) {
    assert.match(
      (error as Error).message,
      /^--model: lenet5 for --data tinyImageNetX2, which is super-resolution, expected one of edsr/,
    );
  }
});

test("every model is for one task", () => {
  for (const model of Object.keys(models) as ModelName[]) {
    const fits = (["glyphs", "glyphsX2", "scenes"] as const).filter((data) => {
      try {
        return madeOf({ data, model }) !== undefined;
      } catch {
        return false;
      }
    });
    assert.is(fits.length, 1, model);
  }
});

test("edsr learns pairs with the absolute error in 8/8/8, and its events tell PSNR instead of accuracy", async () => {
  const events = await eventsOf({ ...upscaling, epochs: 4 });
  const epochs = events.flatMap((event) => (event.event === "epoch" ? [event] : []));
  const [first, last] = [epochs[0]!, epochs[3]!];
  assert.ok(last.loss < 0.8 * first.loss, `${first.loss} to ${last.loss}`);
  const [before, after] = [first.testScore!, last.testScore!];
  assert.ok(after > before && after > 15, `${before} to ${after}`);
  assert.ok((last.trainScore ?? 0) > 10);
  assert.is(last.metric, "psnr");
  const done = doneIn(events);
  assert.is(done.score, after);
  assert.is(done.bestScore, Math.max(...epochs.map(({ testScore }) => testScore!)));
  assert.is(done.faults, 0);
});

test("edsr ends with the same bits on simd and on the reference", async () => {
  const short: Partial<Settings> = { ...upscaling, limit: 4, testLimit: 2, batch: 2, epochs: 1 };
  const [ours, oracle] = [
    doneIn(await eventsOf(short)),
    doneIn(await eventsOf({ ...short, engine: "reference" })),
  ];
  assert.is(ours.weightsSha256, oracle.weightsSha256);
  assert.is(ours.score, oracle.score);
});

test("a run on pairs that was stopped goes on with the same bits, and its score is read again", async () => {
  const whole = doneIn(await eventsOf(upscaling));
  const out = join(scratch(), "run");
  await eventsOf(upscaling, { out, ...stopsAfter(4) });
  const resumed = doneIn(await eventsOf({}, { out, resume: true }));
  assert.is(resumed.weightsSha256, whole.weightsSha256);
  assert.equal([resumed.score, resumed.bestScore], [whole.score, whole.bestScore]);
  const score = await firstValueFrom(evaluate(builtIn(), out));
  assert.equal([score.testScore, score.images, score.metric], [whole.score, 20, "psnr"]);
});

test("a batch of pairs that does not fit is refused with the number that would", async () => {
  const settings: Settings = { ...defaults, ...upscaling, batch: 5000 };
  const options = await partsOf(settings);
  const message = sentenceOf(() => checkRoom({ ...options, engine: simd({ bytes: 30 * 2 ** 20 }) }));
  const fitting = Number(/edsr over 5000 images, .*; (\d+) images would fit\.$/.exec(message)?.[1]);
  assert.ok(fitting > 5 && fitting < 5000, message);
  checkRoom({
    ...options,
    experiment: { ...options.experiment, batch: fitting - 1 },
    engine: simd({ bytes: 30 * 2 ** 20 }),
  });
});

test("the traffic of edsr is that of 36 convolutions, the last one on the large image", () => {
  const layers = convolutionsOf(models.edsr, [24, 24, 3]);
  assert.is(layers.length, 1 + 2 * 16 + 3);
  assert.equal(layers.at(-1)?.outShape, [48, 48, 3]);
});

test.run();
