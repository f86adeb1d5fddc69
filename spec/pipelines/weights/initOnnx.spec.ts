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
import { exportOnnx } from "../../../pipelines/onnx/writing/exportOnnx.ts";
import { verifyRun } from "../../../pipelines/replay/verifyRun.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { prepare } from "../../../pipelines/runs/prepare.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { firstGrids, firstGridsText } from "../../../pipelines/weights/firstGrids.ts";
import { openWeights } from "../../../pipelines/weights/weightsFile.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, doneOf, eventsOf, sameRows, small, smallArgs, stoppedAfter } from "../runs.ts";

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

test("averages of activations begin with the range of the file", () => {
  const rows = [...recordingOf(uninterrupted).rows()].filter(({ step }) => step < 2);
  for (const site of ["conv2/input", "dense2/input"]) {
    const [first, second] = rows.filter((row) => row.site === site) as [RangeSeen, RangeSeen];
    const end = (past: number, observed: number) => 0.9 * past + 0.1 * observed;
    assert.ok(Math.abs(second.range.hi - end(first.range.hi, first.stat.max)) < 1e-6 * first.range.hi, site);
    assert.ok(Math.abs(second.range.lo - end(first.range.lo, first.stat.min)) < 1e-6 * first.range.hi, site);
    assert.ok(Math.abs(first.range.hi - first.stat.max) > 1e-3 * first.range.hi, site);
  }
});

test("before its first step the network is judged with the ranges of the file, as its run was", async () => {
  const ofRun = await lastValueFrom(evaluate(builtIn(), teacher));
  const ofFile = await lastValueFrom(evaluate(builtIn(init)));
  assert.is(ofFile.testScore, ofRun.testScore);
  assert.ok(Math.abs(ofFile.testLoss - ofRun.testLoss) < 1e-6, `${ofFile.testLoss}, ${ofRun.testLoss}`);
});

for (const bits of ["4/4/8", "2/3/8", "3/6/8", "5/2/8", "6/5/8", "7/7/8"])
  test(`a network of ${bits} comes back on the very grids that it was trained on`, async () => {
    const [dir, path] = [
      join(home, bits.replaceAll("/", "")),
      join(home, `${bits.replaceAll("/", "")}.onnx`),
    ];
    const short = { ...small, limit: 32, epochs: 1, bits } as const;
    await doneOf(short, { out: dir });
    await exportOnnx(builtIn(), dir, path);
    const { testScore, testLoss } = await lastValueFrom(evaluate(builtIn(), dir));
    const ofFile = await lastValueFrom(evaluate(builtIn({ ...short, init: path })));
    assert.equal(ofFile.grids, { sites: 10, onGridsOfFile: 10, others: [] });
    assert.equal([ofFile.testScore, ofFile.testLoss], [testScore, testLoss]);
  });

/** What `evaluate` says of the grids of a file, in its line and as JSON. */
const toldOf = async (path: string, ...options: readonly string[]) => {
  const asked = ["evaluate", ...smallArgs, "--init", path, ...options];
  const { out: line } = await answerTo(asked);
  const { out: json } = await answerTo([...asked, "--json"]);
  return { line, grids: JSON.parse(json).grids };
};

test("a run says that all sites begin on the grids of its file", async () => {
  const { line, grids } = await toldOf(file);
  assert.match(line, / {2}10 of 10 sites begin on the grids of the file( {2}|\n)/);
  assert.equal(grids, { sites: 10, onGridsOfFile: 10, others: [] });
  const { out } = await answerTo(["train", ...smallArgs, "--init", file, "--out", join(home, "told")]);
  assert.match(out, /\n10 of 10 sites begin on the grids of the file\n/);
  const [start] = await eventsOf(init, {});
  assert.equal(start?.event === "start" && start.init?.grids, grids);
});

test("grids of other bits are told, with the sites that begin on others", async () => {
  const { line, grids } = await toldOf(file, "--bits", "4/8/8");
  const weights = ["conv1", "conv2", "dense1", "dense2", "dense3"].map((layer) => `${layer}/weight`);
  const reason = "8 bits in the file, 4 here, with its range";
  assert.equal(grids, { sites: 10, onGridsOfFile: 5, others: [{ reason, sites: weights }] });
  assert.match(
    line,
    new RegExp(`5 of 10 sites begin on the grids of the file; conv1/weight and 4 more: ${reason}`),
  );
});

test("a site of another scheme begins on another grid", async () => {
  const { engine, initial, sites } = await prepare(builtIn(init), {});
  engine.dispose();
  const symmetric = sites.map((one) => ({
    ...one,
    quantizer: { ...one.quantizer, scheme: "symmetric" } as const,
  }));
  const grids = firstGrids(initial!, symmetric)!;
  assert.is(grids.onGridsOfFile, 5);
  assert.match(
    firstGridsText(grids),
    /conv1\/input and 4 more: another scheme than symmetric in the file, with its range/,
  );
});

test("scales by channel are told where a site has one range, and taken with --per-channel", async () => {
  const [dir, path] = [join(home, "channels"), join(home, "channels.onnx")];
  await doneOf({ ...small, perChannel: true }, { out: dir });
  await answerTo(["export", dir, "--to", "onnx", "--out", path]);
  const { grids } = await toldOf(path);
  assert.is(grids.onGridsOfFile, 5);
  assert.match(grids.others[0].reason, /^scales by channel in the file, .*--per-channel/);
  assert.is((await toldOf(path, "--per-channel")).grids.onGridsOfFile, 10);
});

test("a file without grids says nothing of them", async () => {
  const { line, grids } = await toldOf(join(teacher, "checkpoint.safetensors"));
  assert.not.match(line, /grids/);
  assert.is(grids, undefined);
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
