/** @file Constrained runs: what they tell, the same bits on every engine, and after any stop or kill. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn } from "../../pipelines/experiments/source.ts";
import { verifyReplay } from "../../pipelines/replay/replayStudy.ts";
import { evaluate } from "../../pipelines/runs/evaluate.ts";
import type { ConstraintEvent, TrainEvent } from "../../pipelines/runs/events.ts";
import { recordingOf } from "../../pipelines/runs/runRecording.ts";
import type { Settings } from "../../pipelines/settings/settings.ts";
import { close } from "../support/close.ts";
import { failureOf } from "../support/failureOf.ts";
import { scratch } from "./files/scratch.ts";
import {
  doneIn,
  doneOf,
  eventsOf,
  named,
  rangeflow,
  sameRows,
  small,
  smallArgs,
  stoppedAfter,
  stopsAfter,
} from "./runs.ts";

const test = suite("constrained runs");
const home = scratch();

const settings: Partial<Settings> = {
  ...small,
  bits: "4/4/8",
  constraint: 0.1,
  constraintLayers: 1e-3,
  constraintLr: 0.5,
};
const whole = join(home, "whole");
const events = await eventsOf(settings, { out: whole });
const expected = doneIn(events);

const constraintsIn = (of: readonly TrainEvent[]): readonly (readonly ConstraintEvent[])[] =>
  of.flatMap((event) => (event.event === "epoch" ? [event.constraints ?? []] : []));

test("each epoch tells slack and multiplier of every constraint, and each dual step goes on from the last", () => {
  const epochs = constraintsIn(events);
  assert.is(epochs.length, 2);
  for (const constraints of epochs)
    assert.equal(
      constraints.map(({ site }) => site),
      ["conv1", "conv2", "dense1", "dense2", "dense3", "output"],
    );
  epochs[0]?.forEach(({ site, slack, multiplier }, i) => {
    const next = epochs[1]?.[i] as ConstraintEvent;
    close(multiplier, Math.max(0, (site === "output" ? 1 : 0) + 0.5 * slack), 1e-6, site);
    close(next.multiplier, Math.max(0, multiplier + 0.5 * next.slack), 1e-6, site);
  });
  assert.ok(
    epochs[0]?.some(({ site, multiplier }) => site !== "output" && multiplier > 0),
    "a layer breaks its bound",
  );
});

test("constraints change what is learned; a run without them tells of none", async () => {
  const { constraintLayers: _, ...outputOnly } = settings;
  const { constraint: __, constraintLr: ___, ...free } = outputOnly;
  const [output, without] = [await doneOf(outputOnly), await eventsOf(free)];
  const hashes = [expected, output, doneIn(without)].map(({ weightsSha256 }) => weightsSha256);
  assert.is(new Set(hashes).size, 3);
  assert.equal(constraintsIn(without), [[], []]);
});

test("the reference ends with the same bits", async () => {
  const tiny = { ...settings, limit: 32, testLimit: 16, batch: 8 };
  const [simd, reference] = [await doneOf(tiny), await doneOf({ ...tiny, engine: "reference" })];
  assert.is(reference.weightsSha256, simd.weightsSha256);
});

for (const [batch, when] of [
  [0, "before its first step"],
  [4, "in the middle of an epoch"],
  [9, "before its first dual step"],
  [10, "between a dual step and its evaluation"],
  [17, "in the middle of the second epoch"],
] as const)
  test(`a run that is stopped ${when} resumes to the same bits, slacks and multipliers`, async () => {
    const out = join(home, `stopped${batch}`);
    await stoppedAfter(batch, out, settings);
    const resumed = await eventsOf({}, { out, resume: true });
    assert.is(doneIn(resumed).weightsSha256, expected.weightsSha256);
    const epochs = constraintsIn(resumed);
    assert.equal(epochs, constraintsIn(events).slice(-epochs.length));
    sameRows(out, whole);
  });

test("killed again and again, and resumed: the same bits, and ranges that replay", async () => {
  const args = [...smallArgs, "--limit", "480", "--constraint", "0.1", "--constraint-layers", "1e-4"];
  const run = ["train", ...args, "--checkpoint-seconds", "0", "--json"];
  const last = (out: string) => JSON.parse(out.trim().split("\n").at(-1) as string);
  const unkilled = join(home, "unkilled");
  const reference = last((await rangeflow([...run, "--out", unkilled])).out);
  const dir = join(home, "killed");
  const again = (): readonly string[] => {
    const isThere = existsSync(join(dir, "checkpoint.safetensors"));
    return [...(isThere ? ["train", "--resume", "--json"] : run), "--out", dir];
  };
  for (const chunks of [4, 2]) {
    const { signal } = await rangeflow(again(), { kill: { signal: "SIGKILL", dir, chunks } });
    assert.is(signal, "SIGKILL");
  }
  const { code, out, err } = await rangeflow(again());
  assert.is(code, 0, err);
  assert.is(last(out).weightsSha256, reference.weightsSha256);
  sameRows(dir, unkilled);
  assert.equal(await verifyReplay(recordingOf(dir).rows(), named), { sites: 15, ranges: 900, unasked: 0 });
});

test("the last multipliers are told at the end, also where a run is resumed that has ended", async () => {
  const last = constraintsIn(events)[1]?.map(({ site, multiplier }) => ({ site, multiplier }));
  const told = doneIn(events).multipliers;
  const bySite = (all = told) => [...(all ?? [])].sort((a, b) => (a.site < b.site ? -1 : 1));
  assert.equal(bySite(), bySite(last));
  assert.equal((await doneOf({}, { out: whole, resume: true })).multipliers, told);
});

test("a saved run is judged by its quantized network", async () => {
  const { testScore } = await lastValueFrom(evaluate(builtIn(), whole));
  assert.is(testScore, expected.score);
});

test("multipliers and bounds go on as they were saved, and no setting of them may change", async () => {
  const out = join(home, "changed");
  await stoppedAfter(3, out, settings);
  for (const change of [{ constraint: 0.2 }, { constraintLayers: 0 }, { constraintLr: 1 }])
    assert.match(
      await failureOf(eventsOf(change, { out, resume: true, ...stopsAfter(1) })),
      /^--resume: --constraint/,
    );
});

test("the command line tells slack and multiplier of the output, and at the end all multipliers, the largest first", async () => {
  const { out } = await rangeflow([
    ...["train", ...smallArgs, "--epochs", "1", "--bits", "4/4/8", "--constraint", "0.1"],
    ...["--constraint-layers", "0.001", "--out", join(home, "line")],
  ]);
  assert.match(out, /test accuracy \d.*slack \d\.\d{4} {2}multiplier 1\.\d{4}\n/);
  assert.match(out, /\nconstraint {2}multiplier\n[- ]+\noutput +1\.\d{6}\n(\w+ +0\.\d{6}\n){5}\n/);
});

test("the network in float32 quantizes no copy of a gradient: each site tells one tensor a step, and replays", async () => {
  const out = join(home, "copies");
  const quantized = {
    ...small,
    bits: "8/8/4",
    weightGradientBits: 8,
    constraint: 0.1,
    constraintLayers: 1e-3,
  };
  await doneOf(quantized, { out });
  const { sites, ranges } = await verifyReplay(recordingOf(out).rows(), named);
  assert.equal({ sites, ranges }, { sites: 20, ranges: 400 });
});

test("trials of BLAQ take their dual steps at the ends of epochs, and resume", async () => {
  const trials: Partial<Settings> = { ...settings, optimizer: "blaq", lr: 0.002, trialEvery: 3 };
  const uninterrupted = await eventsOf(trials);
  assert.equal(
    constraintsIn(uninterrupted).map(({ length }) => length),
    [6, 6],
  );
  const out = join(home, "trials");
  await stoppedAfter(3, out, trials);
  assert.is((await doneOf({}, { out, resume: true })).weightsSha256, doneIn(uninterrupted).weightsSha256);
});

test("a quantizer without ranges of channels is refused by name, also in a constrained network", async () => {
  const asked: Partial<Settings> = { ...small, weightQuantizer: "sat", perChannel: true };
  const sentences = await Promise.all(
    [asked, { ...asked, constraint: 0.1 }].map((settings) => failureOf(eventsOf(settings))),
  );
  for (const sentence of sentences)
    assert.match(sentence, /range for each channel with the quantizer sat, expected/);
});

test("an output that is no class cannot be constrained; its layers can", async () => {
  const pairs: Partial<Settings> = {
    ...{ model: "edsr", data: "glyphsX2", width: 0.0625, engine: "simd" },
    ...{ limit: 8, testLimit: 4, batch: 4, epochs: 1 },
  };
  assert.is(
    await failureOf(eventsOf({ ...pairs, constraint: 0.1 })),
    "--constraint applies to classification, not to super-resolution; leave it out, or use --constraint-layers, which applies to any network.",
  );
  const [constraints] = constraintsIn(await eventsOf({ ...pairs, constraintLayers: 1e-3 }));
  assert.ok(constraints?.every(({ site }) => site !== "output"));
  assert.ok((constraints?.length ?? 0) > 1);
});

test.run();
