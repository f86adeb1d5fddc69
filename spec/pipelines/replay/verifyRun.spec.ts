/** @file The recording of any run is proved by its experiment, also where estimators were given in code. */
import { join } from "node:path";
import { lastValueFrom, map } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { named } from "../../../core/named.ts";
import { observedRange } from "../../../core/range.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import { experiment } from "../../../pipelines/experiments/experiment.ts";
import { builtIn, type RunSource } from "../../../pipelines/experiments/source.ts";
import { replayStudy } from "../../../pipelines/replay/replayStudy.ts";
import { verifyRun } from "../../../pipelines/replay/verifyRun.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { train } from "../../../pipelines/runs/train.ts";
import type { RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, small } from "../runs.ts";

const test = suite("verifyRun");
const home = scratch();

/** Ranges of a multiple of what was observed, as a value that no name finds again. */
const widened = (factor: number): RangeEstimator =>
  named("widened", (observed$) =>
    observed$.pipe(
      map((stat) => ({ lo: factor * observedRange(stat).lo, hi: factor * observedRange(stat).hi })),
    ),
  );

const mine = (factor: number) =>
  experiment({
    network: sequential(flatten(), quantized(dense)("only", { units: 10 })),
    data: glyphs({ train: 64, test: 16 }),
    loss: crossEntropy(),
    quantization: [{ gradient: { range: widened(factor) } }],
    batch: 16,
    epochs: 2,
  });

const ran = async (source: RunSource, name: string): Promise<string> => {
  const out = join(home, name);
  await lastValueFrom(train(source, { out, engine: "simd", threads: 1 }));
  return out;
};

const out = await ran(mine(2), "mine");

test("an experiment in code proves its recording, which the command line cannot", async () => {
  assert.equal(await verifyRun(mine(2), out), { sites: 3, ranges: 24, unasked: 0 });
  const { err, code } = await answerTo(["replay", out, "--verify"]);
  assert.is(code, 2);
  assert.match(
    err,
    /the estimator "widened", which .* in code, .*; verify it in code: verifyRun\(experiment, dir\)/,
  );
});

test("another estimator of the same name is found out at its first range", async () => {
  assert.match(await failureOf(verifyRun(mine(3), out)), /^only\/gradient, step 0: .*widened/);
});

test("built-in experiments prove theirs by the directory alone, and no other experiment does", async () => {
  const plain = await ran(builtIn({ ...small, epochs: 1 }), "plain");
  assert.is((await verifyRun(builtIn(), plain)).sites, 15);
  assert.match(
    await failureOf(verifyRun(mine(2), plain)),
    /^verify: an experiment from code, expected a built-in/,
  );
});

test("what is no run is refused", async () => {
  assert.match(await failureOf(verifyRun(mine(2), join(home, "none"))), /^verify: no run in .*none/);
});

test("any estimator is replayed into it in code", async () => {
  const rows = await replayStudy(
    recordingOf(out).rows(),
    [2, 3].map((factor) => ({ name: `by ${factor}`, estimator: widened(factor) })),
    (site) => site.endsWith("/gradient"),
  );
  const [two, three] = rows;
  assert.is(rows.length, 2);
  assert.equal([two?.steps, two?.clippedSteps, three?.clippedSteps], [8, 0, 0]);
  assert.ok((two?.meanError ?? 9) < (three?.meanError ?? 0));
});

test.run();
