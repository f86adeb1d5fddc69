/** @file `--init` with a quantized ONNX model: its weights begin a run, and its scales are the first ranges of the sites. */
import { renameSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { schemes } from "../../../core/qparams.ts";
import type { RangeSeen } from "../../../core/signal.ts";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { openOnnx } from "../../../pipelines/onnx/reading/openOnnx.ts";
import { verifyRun } from "../../../pipelines/replay/verifyRun.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { openWeights } from "../../../pipelines/weights/weightsFile.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, doneOf, eventsOf, sameRows, small, stoppedAfter } from "../runs.ts";

const test = suite("--init of ONNX");
const home = scratch();
const file = join(home, "lenet5.onnx");

const teacher = join(home, "teacher");
await doneOf({ ...small, seed: 7 }, { out: teacher });
await answerTo(["export", teacher, "--to", "onnx", "--out", file]);

const init = { ...small, init: file } as const;
const uninterrupted = join(home, "whole");
const whole = await doneOf(init, { out: uninterrupted });

const firstRows = (dir: string): ReadonlyMap<string, RangeSeen> =>
  new Map(
    [...recordingOf(dir).rows()].filter(({ step }) => step === 0).map((row) => [row.site, row] as const),
  );

test("the first tensor of each site is quantized with the scale and the zero point of the file", () => {
  const { grids } = openOnnx(file);
  const rows = firstRows(uninterrupted);
  for (const layer of ["conv1", "conv2", "dense1", "dense2", "dense3"]) {
    const grid = grids.get(`${layer}.weight`)!;
    for (const [role, scheme] of [
      ["input", "affine"],
      ["weight", "symmetric"],
    ] as const) {
      const { range, isStatic } = rows.get(`${layer}/${role}`)!;
      const params = schemes[scheme](layer, 8)(range);
      assert.ok(E.isRight(params));
      assert.equal(
        [[...params.right.scale], [...params.right.zeroPoint]],
        [grid[role]!.scale, grid[role]!.zeroPoint],
      );
      assert.ok(isStatic);
    }
  }
  assert.is(rows.get("conv1/gradient")?.isStatic, false);
});

test("before its first step the network is judged with the ranges of the file, as its run was", async () => {
  const ofRun = await lastValueFrom(evaluate(builtIn(), teacher));
  const ofFile = await lastValueFrom(evaluate(builtIn(init)));
  assert.is(ofFile.testScore, ofRun.testScore);
  assert.ok(Math.abs(ofFile.testLoss - ofRun.testLoss) < 1e-6, `${ofFile.testLoss}, ${ofRun.testLoss}`);
});

test("weights are what the codes stand for", () => {
  const { tensors } = openWeights(file);
  const codes = tensors.get("dense2.weight")!.read();
  const [scale] = openOnnx(file).grids.get("dense2.weight")!.weight!.scale;
  assert.ok(codes.every((value) => Math.abs(value / scale! - Math.round(value / scale!)) < 1e-5));
});

test("a run that was stopped goes on to the same bits without the file, and its recording verifies", async () => {
  const dir = join(home, "stopped");
  await stoppedAfter(5, dir, init);
  renameSync(file, `${file}.gone`);
  const done = (await eventsOf({}, { out: dir, resume: true })).at(-1)!;
  const { ranges } = await verifyRun(builtIn(), dir);
  renameSync(`${file}.gone`, file);
  assert.is(done.event === "done" && done.weightsSha256, whole.weightsSha256);
  sameRows(dir, uninterrupted);
  assert.ok(ranges > 0);
});

test.run();
