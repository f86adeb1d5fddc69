/** @file Experiments in code: any network, data, loss, metric and optimizer is trained, resumed, evaluated and told apart. */
import { join } from "node:path";
import { firstValueFrom, lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { loss } from "../../../operators/losses/loss.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import type { BatchMetric } from "../../../operators/taps/outputMetric.ts";
import { optimizerOf, optimizers } from "../../../operators/training/optimizers.ts";
import { cosine } from "../../../operators/training/schedule.ts";
import { type HostRule, hostRule } from "../../../operators/training/updateRule.ts";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import { type ExperimentParts, experiment } from "../../../pipelines/experiments/experiment.ts";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import type { TrainEvent } from "../../../pipelines/runs/events.ts";
import { train } from "../../../pipelines/runs/train.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { doneIn, sameRows, stopsAfter } from "../runs.ts";
import { eventsOf, parts, sums, worst } from "./sums.ts";

const test = suite("experiments in code");
const home = scratch();

const mine = experiment(parts);

const whole = join(home, "whole");
const events = await eventsOf(mine, { out: whole });
const expected = doneIn(events);

test("a regression on own data learns, judged by its loss's own metric and told the user's", () => {
  const epochs = events.flatMap((event) => (event.event === "epoch" ? [event] : []));
  assert.is(epochs.length, 3);
  assert.ok((epochs[2]?.loss ?? 1) < 0.5 * (epochs[0]?.loss ?? 0), `${epochs.map(({ loss }) => loss)}`);
  assert.is(expected.metric, "psnr");
  assert.equal([expected.testImages, expected.score], [40, epochs[2]?.testScore]);
  const [told] = epochs[2]?.metrics ?? [];
  assert.is(told?.name, "worst");
  assert.ok((told?.test ?? 9) < 1 && (told?.train ?? 9) < 1, JSON.stringify(told));
  const [start] = events;
  assert.match(JSON.stringify(start), /"experiment":"sums","data":"sums","bits":"6\/8\/8"/);
});

test("stopped anywhere and given again it goes on with the same bits", async () => {
  for (const after of [1, 7, 13, 25]) {
    const out = join(home, `stopped-${after}`);
    assert.is((await eventsOf(mine, { out, ...stopsAfter(after) })).at(-1)?.event, "stopped");
    const done = doneIn(await eventsOf(mine, { out, resume: true }));
    assert.equal(
      [done.weightsSha256, done.score, done.bestScore],
      [expected.weightsSha256, expected.score, expected.bestScore],
    );
    sameRows(out, whole);
  }
});

test("engines agree to the bit", async () => {
  assert.is(doneIn(await eventsOf(mine, { engine: "reference" })).weightsSha256, expected.weightsSha256);
});

test("its checkpoint is evaluated, with its own metrics", async () => {
  const score = await firstValueFrom(evaluate(mine, whole));
  assert.equal([score.testScore, score.metric, score.images], [expected.score, "psnr", 40]);
  assert.is(score.metrics?.[0]?.name, "worst");
});

test("what differs from the saved run is refused by name, whatever it is", async () => {
  const out = join(home, "differs");
  await eventsOf(mine, { out, ...stopsAfter(5) });
  const own = (step: number) => 0.01 / (1 + step);
  const others: readonly (readonly [Partial<ExperimentParts>, RegExp])[] = [
    [
      { optimizer: optimizers.adam({ momentum: 0.9 }) },
      /^--resume: optimizer adam:momentum=0.9, expected adam:momentum=0.8 as in the saved run; give it as it was/,
    ],
    [{ schedule: cosine(0.02) }, /schedule cosine:rate=0.02, expected cosine:rate=0.01 as/],
    [{ schedule: own }, /schedule own of source \w+, expected cosine:rate=0.01/],
    [{ quantization: [{ weight: { bits: 5 } }] }, /quantization .*5.*, expected .*6/],
    [
      {
        network: sequential(
          quantized(dense)("hidden", { units: 8 }),
          relu(),
          quantized(dense)("output", { units: 2 }),
        ),
      },
      /: layers 2: hidden conv2d .*outChannels: 8.*, expected hidden conv2d .*outChannels: 16/,
    ],
    [
      { data: sums(200, 0.5) },
      /data with 160 training and 40 test samples of sha256 \w+, expected .*; restore the data/,
    ],
    [{ epochs: 4 }, /epochs 4.*, expected 3/],
    [{ metrics: [] }, /metrics none, expected worst/],
  ];
  for (const [other, sentence] of others)
    assert.match(
      await failureOf(eventsOf(experiment({ ...parts, ...other }), { out, resume: true })),
      sentence,
    );
  assert.match(
    await failureOf(lastValueFrom(train(builtIn(), { out, resume: true }))),
    /^--resume: a built-in experiment, expected an experiment from code as in the saved run; name the file whose default export it is/,
  );
  assert.match(
    await failureOf(firstValueFrom(evaluate(builtIn(), out))),
    /^evaluate: a built-in experiment, expected an experiment from code/,
  );
});

test("a run that has ended says so if it is the one that is given, and is refused as another", async () => {
  const told = await eventsOf(mine, { out: whole, resume: true });
  assert.equal(
    told.map(({ event }) => event),
    ["finished", "done"],
  );
  assert.is(doneIn(told).weightsSha256, expected.weightsSha256);
  assert.match(
    await failureOf(eventsOf(experiment({ ...parts, epochs: 4 }), { out: whole, resume: true })),
    /^--resume: epochs 4, expected 3/,
  );
});

test("done.json says what is known of it", () => {
  const { from, settings } = doneRecordIn(whole)!.identity;
  assert.is(from, "code");
  assert.equal(
    [settings.optimizer, settings.loss, settings.batch],
    ["adam:momentum=0.8", "absoluteError", 16],
  );
  assert.equal(settings.metrics, ["worst"]);
  assert.match(String(settings["source of metric worst"]), /^\w{12}$/);
  assert.match(String(settings["values of metric worst"]), /^\w{12}$/);
  assert.equal(
    [...(settings.layers as readonly string[])].map((line) => line.replace(/ \w{12}$/, "").split(" {")[0]),
    [
      "quantize",
      "hidden conv2d",
      "quantize",
      "clip",
      "quantize",
      "output conv2d",
      "quantize",
      "metrics",
      "loss loss",
      "optimizer optimizer",
    ],
  );
});

test("labelled images are data as they are, and without test samples training is judged", async () => {
  const told = await eventsOf(
    experiment({
      network: {
        forData: ({ classes }) => sequential(flatten(), quantized(dense)("only", { units: classes.length })),
      },
      data: () => glyphs({ train: 64, test: 0 }),
      loss: crossEntropy(),
      batch: 32,
      epochs: 2,
    }),
  );
  const epoch = told.find(({ event }) => event === "epoch") as TrainEvent & { event: "epoch" };
  assert.equal([epoch.metric, "testScore" in epoch, "testLoss" in epoch], ["accuracy", false, false]);
  const done = doneIn(told);
  assert.equal([done.testImages, done.bestScore >= done.score], [0, true]);
});

test("rules of a network built in code that match nothing, or hold anyway, are refused", async () => {
  const with_ = (quantization: ExperimentParts["quantization"]) =>
    eventsOf(experiment({ ...parts, ...(quantization && { quantization }) }));
  assert.match(
    await failureOf(with_([{ at: "hiden/*", weight: { bits: 4 } }])),
    /matches no site.*hidden\/weight/,
  );
  assert.match(await failureOf(with_([{ weight: { bits: 1 } }])), /bits/);
});

test("a metric that throws, or gives no number, ends the run with its name, layer and step", async () => {
  const broken = (evaluate: BatchMetric["evaluate"]) =>
    failureOf(eventsOf(experiment({ ...parts, metrics: [{ ...worst, evaluate }] })));
  assert.match(
    await broken(() => {
      throw new Error("no");
    }),
    /^metric worst, .*step 0: threw no/,
  );
  assert.match(
    await broken((() => "much") as never),
    /^metric worst, .*step 0: returned "much", expected a number/,
  );
});

test("what a part of a user's own throws, or gives amiss, is a sentence that names the part", async () => {
  const no = (): never => {
    throw new Error("no");
  };
  const updates = (rule: HostRule<string>) => optimizerOf("mine", hostRule(rule));
  const others: readonly (readonly [Partial<ExperimentParts>, RegExp])[] = [
    [{ data: no }, /^data of sums: threw no, expected a data set\.$/],
    [{ data: (() => 3) as never }, /^data of sums: 3, expected a data set/],
    [{ network: no }, /^network of sums: threw no, expected a module that can be built\.$/],
    [{ network: { forData: no } }, /^network of sums: threw no/],
    [{ schedule: () => Number.NaN }, /^schedule, step 0: a rate of .*, expected a finite number\.$/],
    [{ schedule: no }, /^schedule no, step 0: threw no/],
    [{ loss: no }, /^loss of sums: threw no, expected a module that can be built\.$/],
    [{ loss: (() => undefined) as never }, /^loss of sums: returned undefined/],
    [{ loss: loss("mine", no, () => 1) }, /^loss, loss mine: threw no, expected a number/],
    [
      {
        loss: loss(
          "mine",
          (y, t) => y - t,
          () => Number.NaN,
        ),
      },
      /^loss, loss mine: the derivative is NaN for/,
    ],
    [{ optimizer: { name: "mine", make: no } }, /^optimizer of sums: threw no, expected a module/],
    [{ optimizer: { name: "mine", make: (() => 3) as never } }, /^optimizer of sums: /],
    [
      { optimizer: updates({ state: {}, update: no }) },
      /^\S+, step 0, update rule: threw no, expected an update that changes the parameter in place/,
    ],
    [{ optimizer: updates({ state: { past: no }, update: () => {} }) }, /^\S+, state past: threw no/],
    [
      { optimizer: updates({ state: { past: () => [Number.NaN] }, update: () => {} }) },
      /^\S+, state past: a shape of .*, expected a function/,
    ],
  ];
  for (const [other, sentence] of others)
    assert.match(await failureOf(eventsOf(experiment({ ...parts, ...other }))), sentence);
});

test("everything that is wrong with the parts of an experiment is said at once", () => {
  const wrong = (): unknown =>
    experiment({
      ...parts,
      network: 3,
      loss: undefined,
      batch: 0.5,
      seed: -1,
      optimizer: { rate: 1 },
      metrics: [{ evaluate: worst.evaluate } as never],
      score: { metric: "loss", better: "small" },
      accumulator: { bits: 1 },
    } as never);
  assert.throws(wrong, (error: Error) => {
    for (const part of [
      "network: 3",
      "loss: ",
      "optimizer: ",
      "batch: 0.5",
      "seed: -1",
      "metrics: ",
      "score: ",
      "accumulator: ",
    ])
      assert.match(error.message, new RegExp(`^experiment, ${part}`, "m"));
    return true;
  });
});

test.run();
