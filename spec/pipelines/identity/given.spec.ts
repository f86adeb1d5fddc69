/** @file Values given in code have names, and a run does not go on, and is not judged, without them. */
import { join } from "node:path";
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { verifyReplay } from "../../../pipelines/replay/replayStudy.ts";
import { runEstimators } from "../../../pipelines/replay/runEstimators.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { identityOfRun } from "../../../pipelines/runs/runDirectory.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { fixed } from "../../../quantizers/estimators/fixed.ts";
import { scratch } from "../files/scratch.ts";
import { doneOf, eventsOf, rowsIn, small, stopsAfter } from "../runs.ts";
import { failureOf } from "./failureOf.ts";

const test = suite("identity: values given in code");
const home = scratch();

const estimators = { gradient: { name: "widest", estimator: currentMinMax() } };
const settings = { ...small, epochs: 1 };
const out = join(home, "stopped");
await eventsOf(settings, { out, estimators, ...stopsAfter(5) });

const sentence =
  /^(--resume|evaluate): none as the estimator of gradient that is given in code, expected "widest" as in the saved run; give it again: builtIn\(\{ \.\. \}, \{ gradient: \{ name: "widest", estimator \} \}\)/;

test("a run goes on with them only, and is judged with them only", async () => {
  assert.match(await failureOf(eventsOf({}, { out, resume: true })), sentence);
  assert.match(await failureOf(lastValueFrom(evaluate(builtIn(), out))), sentence);
  const others = { gradient: { name: "other", estimator: fixed({ lo: -1, hi: 1 }) } };
  assert.match(
    await failureOf(eventsOf({}, { out, resume: true, estimators: others })),
    /"other" as the estimator of gradient that is given in code, expected "widest" as in/,
  );
  await lastValueFrom(evaluate(builtIn({}, estimators), out));
});

test("recording and done.json say the name that was given", async () => {
  const done = await doneOf({}, { out, resume: true, estimators });
  assert.is(done.weightsSha256, (await doneOf(settings, { estimators })).weightsSha256);
  const gradients = rowsIn(out).filter(({ role }) => role === "gradient");
  assert.equal([...new Set(gradients.map(({ estimator }) => estimator))], ["widest"]);
  const { settings: said, given } = doneRecordIn(out)!.identity;
  assert.is(said.gradientRange, "widest");
  assert.equal(given, { gradient: "widest" });
});

test("replay --verify does not take another estimator of that name for it", async () => {
  const own = runEstimators("--verify", { identity: identityOfRun(out), named: [], trust: false });
  assert.match(
    await failureOf(verifyReplay(recordingOf(out).rows(), own)),
    /^--verify: the estimator "widest", which the run was given as a value in code/,
  );
});

test("a name is a name, also if it looks like that of a file", async () => {
  const dir = join(home, "path");
  const named = { gradient: { name: "./none.ts", estimator: currentMinMax() } };
  await eventsOf(settings, { out: dir, estimators: named, ...stopsAfter(3) });
  const done = await doneOf({}, { out: dir, resume: true, estimators: named });
  assert.is(done.weightsSha256, (await doneOf(settings, { estimators })).weightsSha256);
});

test("an estimator is asked for once: by name or as a value", async () => {
  assert.is(
    await failureOf(eventsOf({ ...settings, gradientRange: "currentMinMax" }, { estimators })),
    '--gradient-range: currentMinMax beside "widest", which is given in code, expected one of both; leave one out.',
  );
});

test.run();
