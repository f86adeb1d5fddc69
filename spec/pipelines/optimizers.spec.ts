/** @file Optimizers by name: each trains LeNet-5 on glyphs, with the same bits on each engine, and after a stop. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../core/errors.ts";
import type { EpochEvent } from "../../pipelines/events.ts";
import type { Settings } from "../../pipelines/settings.ts";
import { scratch } from "./files/scratch.ts";
import { doneOf, eventsOf, small, stoppedAfter, stopsAfter } from "./runs.ts";

const test = suite("optimizers");

const home = scratch();

const optimizers: readonly Partial<Settings>[] = [
  { optimizer: "adam", lr: 0.002 },
  { optimizer: "adam", lr: 0.002, weightQuantizer: "laq", bits: "4/8/8" },
];

for (const options of optimizers) {
  const name = Object.values(options).join(", ");
  const settings = { ...small, ...options };

  test(`${name}: three epochs of 800 glyphs halve the loss`, async () => {
    const events = await eventsOf({ ...settings, limit: 800, epochs: 3 });
    const losses = events
      .filter((event): event is EpochEvent => event.event === "epoch")
      .map(({ loss }) => loss);
    assert.ok(losses[2]! < 0.5 * losses[0]!, losses.join());
  });

  test(`${name}: stopped and resumed it ends with the same bits`, async () => {
    const out = join(home, name.replaceAll("/", "."));
    const { weightsSha256 } = await doneOf(settings);
    await stoppedAfter(1, out, settings);
    for (const n of [2, 3, 6]) await eventsOf({}, { out, resume: true, ...stopsAfter(n) });
    assert.is((await doneOf({}, { out, resume: true })).weightsSha256, weightsSha256);
  });

  test(`${name}: the reference engine has the same bits`, async () => {
    const few = { ...settings, limit: 48, testLimit: 10, epochs: 1 };
    const { weightsSha256 } = await doneOf({ ...few, engine: "reference" });
    assert.is((await doneOf(few)).weightsSha256, weightsSha256);
  });
}

test("Nesterov momentum is refused where there is none", async () => {
  const failed = doneOf({ ...small, optimizer: "adam", nesterov: true });
  const failure = await failed.catch((error: unknown) => error);
  assert.instance(failure, RangeflowFailure);
  assert.match((failure as RangeflowFailure).message, /--nesterov: it with --optimizer adam/);
});

test.run();
