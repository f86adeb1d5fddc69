/** @file Quantizers that depend on more than their estimators resume to the same bits: what they go by is in the checkpoint. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { verifyReplay } from "../../pipelines/replay/replayStudy.ts";
import { recordingOf } from "../../pipelines/runs/runRecording.ts";
import { scratch } from "./files/scratch.ts";
import { doneOf, eventsOf, named, sameRows, small, stoppedAfter, stopsAfter } from "./runs.ts";

const test = suite("resume with quantizers of their own ranges");

const home = scratch();

for (const [weightQuantizer, activationQuantizer] of [
  ["lsq", "cgPact"],
  ["lbt", "pact"],
  ["sat", "lsq"],
  ["cpq:drop=0.3,penalty=0.01", "pact"],
  ["directQuantization", "directQuantization"],
] as const)
  test(`quantizers with ranges of their own resume from the checkpoint: ${weightQuantizer}, ${activationQuantizer}`, async () => {
    const settings = { ...small, epochs: 1, weightQuantizer, activationQuantizer, quantizerLr: 0.01 };
    const [uninterrupted, out] = [join(home, weightQuantizer), join(home, `${weightQuantizer}-stopped`)];
    const learned = await doneOf(settings, { out: uninterrupted });
    await stoppedAfter(0, out, settings);
    for (const n of [1, 3, 5]) await eventsOf({}, { out, resume: true, ...stopsAfter(n) });
    assert.is((await doneOf({}, { out, resume: true })).weightsSha256, learned.weightsSha256);
    sameRows(out, uninterrupted);
    const { ranges, ...verified } = await verifyReplay(recordingOf(out).rows(), named);
    assert.equal([verified, ranges], [{ sites: 5, unasked: 10 }, 50]);
  });

test("channels that each learn a step resume and replay", async () => {
  const settings = { ...small, weightQuantizer: "lsq", perChannel: true, epochs: 1 };
  const [uninterrupted, out] = [join(home, "channels"), join(home, "channels-stopped")];
  const { weightsSha256 } = await doneOf(settings, { out: uninterrupted });
  await stoppedAfter(0, out, settings);
  for (const n of [1, 4]) await eventsOf({}, { out, resume: true, ...stopsAfter(n) });
  assert.is((await doneOf({}, { out, resume: true })).weightsSha256, weightsSha256);
  sameRows(out, uninterrupted);
  const { ranges, ...verified } = await verifyReplay(recordingOf(out).rows(), named);
  // Six, sixteen, 120, 84 and ten channels.
  assert.equal([verified, ranges], [{ sites: 10, unasked: 236 }, 100]);
});

test("two copies of gradients, each in hindsight of its own, resume and replay", async () => {
  const settings = { ...small, bits: "8/8/4", weightGradientBits: 8, weightGradientRange: "runningMinMax" };
  const [uninterrupted, out] = [join(home, "copies"), join(home, "copies-stopped")];
  const whole = await doneOf(settings, { out: uninterrupted });
  await stoppedAfter(3, out, settings);
  for (const n of [1, 5]) await eventsOf({}, { out, resume: true, ...stopsAfter(n) });
  assert.is((await doneOf({}, { out, resume: true })).weightsSha256, whole.weightsSha256);
  sameRows(out, uninterrupted);
  const { ranges, ...verified } = await verifyReplay(recordingOf(out).rows(), named);
  assert.equal([verified, ranges], [{ sites: 20, unasked: 0 }, 400]);
});

test("levels that follow the training loss resume from the checkpoint, also in the middle of an epoch", async () => {
  const fixed = { ...small, gradientQuantizer: "qsgd:levels=2,bucket=32" };
  const settings = { ...small, gradientQuantizer: "qsgd:schedule=adaptive,bucket=32" };
  const [uninterrupted, out] = [join(home, "adaptive"), join(home, "adaptive-stopped")];
  const { weightsSha256 } = await doneOf(settings, { out: uninterrupted });
  await stoppedAfter(0, out, settings);
  for (const n of [1, 4, 9]) await eventsOf({}, { out, resume: true, ...stopsAfter(n) });
  assert.is((await doneOf({}, { out, resume: true })).weightsSha256, weightsSha256);
  sameRows(out, uninterrupted);
  assert.is.not(weightsSha256, (await doneOf(fixed)).weightsSha256);
});

test.run();
