/** @file Optimizers by name: each trains LeNet-5 on glyphs, with the same bits after a stop, and on each engine. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../core/errors.ts";
import type { Signal } from "../../core/signal.ts";
import type { EpochEvent } from "../../pipelines/runs/events.ts";
import type { Settings } from "../../pipelines/settings/settings.ts";
import { scratch } from "./files/scratch.ts";
import { doneOf, eventsOf, small, stoppedAfter, stopsAfter } from "./runs.ts";

const test = suite("optimizers");

const home = scratch();

const optimizers: readonly Partial<Settings>[] = [
  { optimizer: "adam", lr: 0.002, weightQuantizer: "laq", bits: "4/8/8" },
  { optimizer: "blaq", lr: 0.002, weightQuantizer: "laq", bits: "3/8/8", trialEvery: 2 },
  { optimizer: "niti", lr: 0.125, weightQuantizer: "niti", bits: "8/8/8", momentum: 0 },
  { optimizer: "direct", lr: 0.003, weightQuantizer: "directQuantization", bits: "4/8/8" },
];

for (const options of optimizers) {
  const name = Object.values(options).join(", ");
  const settings = { ...small, ...options };

  test(`${name}: three epochs of 400 glyphs lower the loss`, async () => {
    const events = await eventsOf({ ...settings, limit: 400, epochs: 3 });
    const losses = events
      .filter((event): event is EpochEvent => event.event === "epoch")
      .map(({ loss }) => loss);
    assert.ok(losses[2]! < 0.7 * losses[0]!, losses.join());
  });

  test(`${name}: stopped and resumed it ends with the same bits`, async () => {
    const out = join(home, name.replaceAll("/", "."));
    const { weightsSha256 } = await doneOf(settings);
    await stoppedAfter(1, out, settings);
    // Also between a trial and the step that takes it back.
    for (const n of [1, 3, 6]) await eventsOf({}, { out, resume: true, ...stopsAfter(n) });
    assert.is((await doneOf({}, { out, resume: true })).weightsSha256, weightsSha256);
  });
}

/** The labels of each training batch of one epoch. */
const batchesOf = async (settings: Partial<Settings>): Promise<readonly string[]> => {
  const batches: string[] = [];
  const tap = (signal: Signal): void => {
    if (signal._tag === "Activation" && signal.training) batches.push(`${signal.target}`);
  };
  await doneOf({ ...small, epochs: 1, ...settings }, { tap });
  return batches;
};

test("blaq goes through the batches of its trials twice", async () => {
  const inOrder = await batchesOf({});
  const batches = await batchesOf({ optimizer: "blaq", lr: 0.002, trialEvery: 2 });
  assert.equal(
    batches,
    [0, 1, 1, 2, 3, 3, 4, 5, 5, 6].map((n) => inOrder[n]),
  );
});

test("the reference engine has the same bits, trials included", async () => {
  for (const options of optimizers) {
    const few = { ...small, ...options, limit: 48, testLimit: 10, epochs: 1 };
    const { weightsSha256 } = await doneOf({ ...few, engine: "reference" });
    assert.is((await doneOf(few)).weightsSha256, weightsSha256);
  }
});

test("Nesterov momentum is refused where there is none", async () => {
  const failed = doneOf({ ...small, optimizer: "adam", nesterov: true });
  const failure = await failed.catch((error: unknown) => error);
  assert.instance(failure, RangeflowFailure);
  assert.match(
    (failure as RangeflowFailure).message,
    /--nesterov requires --optimizer sgd, not adam; leave it out/,
  );
});

test.run();
