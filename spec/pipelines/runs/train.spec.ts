import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { concatMap, from, map } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import type { Signal } from "../../../core/signal.ts";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { readCheckpoint } from "../../../pipelines/files/checkpoint.ts";
import { encodeJson } from "../../../pipelines/files/json.ts";
import type { TrainEvent } from "../../../pipelines/runs/events.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { train } from "../../../pipelines/runs/train.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import type { RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { doneIn, doneOf, eventsOf, type SmallRunOptions, small, stopsAfter } from "../runs.ts";

const test = suite("train");

const refusalOf = (settings: Partial<Settings>, options: SmallRunOptions = {}): Promise<string> =>
  failureOf(eventsOf(settings, options));

const signalsOf = async (settings: Partial<Settings>): Promise<readonly Signal[]> => {
  const signals: Signal[] = [];
  await eventsOf(settings, { tap: (signal) => signals.push(signal) });
  return signals;
};

const events = await eventsOf(small);
const whole = doneIn(events);

test("a run tells its start, each step, each epoch, and its end", () => {
  const kinds = events.map(({ event }) => event);
  assert.equal(kinds, ["start", ...steps(10), "epoch", ...steps(10), "epoch", "done"]);
  assert.equal(
    events.flatMap((event) => (event.event === "step" ? [event.step] : [])),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
  const [start] = events as [TrainEvent & { event: "start" }];
  assert.is(start.parameters, 61706);
  assert.is(start.stepsPerEpoch, 10);
  assert.is(start.engine, "simd");
});

const steps = (n: number): readonly string[] => new Array<string>(n).fill("step");

test("LeNet-5 learns glyphs in 8/8/8: after 640 images most of what it has not seen is right", async () => {
  const done = await doneOf({ ...small, limit: 640, testLimit: 200, epochs: 4, batch: 32 });
  assert.ok(done.score > 0.6, `${done.score}`);
  assert.ok(done.bestScore >= done.score);
});

test("the end names what ran: static activations and gradients, dynamic weights", () => {
  const done = whole;
  assert.is(done.staticSites, 10);
  assert.is(done.dynamicSites, 5);
  assert.equal(
    done.roles.map(({ role, staticSites, dynamicSites }) => [role, staticSites, dynamicSites]),
    [
      ["weight", 0, 5],
      ["activation", 5, 0],
      ["gradient", 5, 0],
    ],
  );
  assert.match(done.weightsSha256, /^[0-9a-f]{64}$/);
  assert.is(done.out, null);
});

test("the same settings give the same weights; another seed gives others", async () => {
  assert.is((await doneOf(small)).weightsSha256, whole.weightsSha256);
  assert.is.not((await doneOf({ ...small, seed: 2 })).weightsSha256, whole.weightsSha256);
});

test("writing a recording and checkpoints changes no bit", async () => {
  const out = join(scratch(), "run");
  const written = await doneOf({ ...small, checkpointSeconds: 0 }, { out });
  assert.is(written.weightsSha256, whole.weightsSha256);
  assert.equal(readdirSync(out).sort(), ["checkpoint.safetensors", "done.json", "events.jsonl", "ranges"]);
});

test("every site tells its range once in every training step, and never in evaluation", async () => {
  const seen = (await signalsOf(small)).filter((signal) => signal._tag === "RangeSeen");
  assert.is(seen.length, 15 * 20);
  assert.is(new Set(seen.map(({ site, step }) => `${site} ${step}`)).size, 15 * 20);
});

test("a tap sees every signal of the run, in order, and the recording is what it saw", async () => {
  const out = join(scratch(), "run");
  const signals: Signal[] = [];
  await eventsOf(small, { out, tap: (signal) => signals.push(signal) });
  const count = (tag: Signal["_tag"]): number => signals.filter(({ _tag }) => _tag === tag).length;
  assert.is(count("Updated"), 20);
  assert.is(count("ParameterGradient"), 20 * 10);
  assert.is(count("Activation"), 20 + 2 * 3);
  assert.is(count("Metric"), 2 * (20 + 2 * 3));
  assert.is(count("Fault"), 0);
  // As text, since a row that tells something answers questions that its tensor is no longer there for.
  assert.equal(
    [...recordingOf(out).rows()].map((row) => encodeJson(row)),
    signals.filter(({ _tag }) => _tag === "RangeSeen").map((row) => encodeJson(row)),
  );
});

test("an estimator given as a value is used and named in what is seen", async () => {
  const seen = new Set<string>();
  await eventsOf(small, {
    estimators: { gradient: { name: "mine", estimator: currentMinMax() } },
    tap: (signal) => {
      if (signal._tag === "RangeSeen") seen.add(`${signal.role} ${signal.estimator} ${signal.isStatic}`);
    },
  });
  assert.ok(seen.has("gradient mine false"));
  assert.not(seen.has("gradient mine true"));
});

test("an estimator that answers a moment later gives the bits of one that answers at once", async () => {
  const later: RangeEstimator = (observed$) =>
    observed$.pipe(concatMap((stat) => from(Promise.resolve({ lo: stat.min, hi: stat.max }))));
  const estimators = { activation: { name: "mine", estimator: later } };
  const done = await doneOf({ ...small, epochs: 1 }, { estimators });
  const atOnce = await doneOf({ ...small, epochs: 1, activationRange: "currentMinMax" });
  assert.is(done.weightsSha256, atOnce.weightsSha256);
});

test("unsubscribing stops the run before the next batch, and closes its files", async () => {
  const out = join(scratch(), "run");
  let seen = 0;
  await new Promise<void>((resolve, reject) => {
    const subscription = train(builtIn({ ...small, epochs: 1000 }), { out }).subscribe({
      next: ({ event }) => {
        seen++;
        if (event !== "epoch") return;
        subscription.unsubscribe();
        setTimeout(resolve, 60);
      },
      error: reject,
    });
  });
  assert.is(seen, 12);
  assert.is(readCheckpoint(join(out, "checkpoint.safetensors")).step, 10);
  assert.is([...recordingOf(out).rows()].length, 15 * 10);
});

test("unsubscribing before the first batch leaves nothing behind", async () => {
  const out = join(scratch(), "run");
  train(builtIn(small), { out }).subscribe().unsubscribe();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.not(existsSync(out));
});

test("a run that fails before its first step is done leaves nothing behind, other than what was there", async () => {
  const home = scratch();
  const fails: RangeEstimator = map(() => ({ lo: 1, hi: 0 }));
  const options = { estimators: { activation: { name: "mine", estimator: fails } } };
  assert.is(
    await refusalOf(small, { ...options, out: join(home, "a", "b") }),
    "conv1/input, step 0: estimator mine gave the range [1, 0], expected finite numbers with lo <= hi, of magnitudes up to 8.5e+37.",
  );
  assert.equal(readdirSync(home), []);
  mkdirSync(join(home, "mine"));
  await refusalOf(small, { ...options, out: join(home, "mine") });
  assert.equal(readdirSync(home), ["mine"]);
  assert.equal(readdirSync(join(home, "mine")), []);
});

test("settings, rules and directories are checked before anything is written", async () => {
  const home = scratch();
  const out = join(home, "run");
  assert.match(await refusalOf({ ...small, bitsAt: ["x"] }, { out }), /^--bits-at: /);
  assert.match(await refusalOf({ ...small, batch: 161 }, { out }), /^batch: 161, expected at most 160/);
  assert.match(await refusalOf({ ...small, data: "mnist" }, { out }), /^--data mnist: no directory/);
  assert.match(await refusalOf(small, { resume: true }), /^--resume: no run to resume/);
  assert.equal(readdirSync(home), []);
});

test("a loss that is not finite ends the run with a fault and a sentence; the last good checkpoint stays", async () => {
  const out = join(scratch(), "run");
  const faults: Signal[] = [];
  const message = await refusalOf(
    { ...small, lr: 1e30, checkpointSeconds: 0 },
    { out, tap: (signal) => signal._tag === "Fault" && faults.push(signal) },
  );
  assert.match(message, /step \d+: .*(NaN|infinity).*, expected .*; lower the learning rate/);
  const [fault] = faults.filter(({ _tag }) => _tag === "Fault") as [Signal & { _tag: "Fault" }];
  assert.match(fault.message, /, step \d+: /);
  const { tensors } = readCheckpoint(join(out, "checkpoint.safetensors"));
  for (const [path, { data }] of tensors) assert.ok(data.every(Number.isFinite), path);
  assert.match(await refusalOf({}, { out, resume: true }), /lower the learning rate/);
});

test("what a tap throws, at once or late, is the run's error, with a sentence; the run can be resumed", async () => {
  const boom = new Error("boom");
  const at4 = ({ _tag, step }: Signal): boolean => _tag === "RangeSeen" && step === 4;
  const taps: Readonly<Record<string, (signal: Signal) => unknown>> = {
    throwing: (signal) => {
      if (at4(signal)) throw boom;
    },
    promising: async (signal) => {
      if (at4(signal)) throw boom;
    },
  };
  for (const [name, userTap] of Object.entries(taps)) {
    const out = join(scratch(), name);
    const error = await eventsOf(
      { ...small, checkpointSeconds: 0 },
      { out, tap: userTap as (s: Signal) => void },
    ).catch((error: unknown) => error);
    assert.instance(error, RangeflowFailure);
    assert.is(
      (error as Error).message,
      "tap, at RangeSeen of step 4: threw boom, expected a function that takes every signal.",
    );
    assert.is((error as Error).cause, boom);
    assert.is((await doneOf({}, { out, resume: true })).weightsSha256, whole.weightsSha256);
  }
});

test("`stopped` that throws is the run's error, with a sentence; the run can be resumed", async () => {
  const out = join(scratch(), "run");
  const six = stopsAfter(6);
  const stopped = (): boolean => {
    if (six.stopped?.()) throw new Error("boom");
    return false;
  };
  assert.is(
    await refusalOf({ ...small, checkpointSeconds: 0 }, { ...six, out, stopped }),
    "stopped, before batch 6: threw boom, expected true or false at once.",
  );
  const done = await doneOf({}, { out, resume: true });
  assert.is(done.weightsSha256, whole.weightsSha256);
});

test("estimators have a state for each run: two runs at once do not see each other", async () => {
  let subscriptions = 0;
  const counted: RangeEstimator = (observed$) => {
    subscriptions++;
    return currentMinMax()(observed$);
  };
  const estimators = { activation: { name: "mine", estimator: counted } };
  const [a, b] = await Promise.all([doneOf(small, { estimators }), doneOf(small, { estimators })]);
  assert.is(a.weightsSha256, b.weightsSha256);
  // Five sites, and the look at it by which a run in code knows its estimators.
  assert.is(subscriptions, 2 * (5 + 1));
});

test.run();
