/** @file What exports refuse from JavaScript, where no compiler looks at options. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exportC } from "../../../pipelines/c/exportC.ts";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { exportSafetensors } from "../../../pipelines/exports/exportSafetensors.ts";
import { exportTensorBoard } from "../../../pipelines/exports/exportTensorBoard.ts";
import { inferenceGraph } from "../../../pipelines/inference/inferenceGraph.ts";
import { exportOnnx } from "../../../pipelines/onnx/writing/exportOnnx.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";
import { trainBriefly } from "../inference/evaluatedRun.ts";

const test = suite("options of exports");
const home = scratch();
const run = join(home, "run");
await trainBriefly({}, run);
const out = join(home, "out");

test("names are one of two words, or a map of texts", async () => {
  const refused = (names: unknown): Promise<string> =>
    failureOf(exportSafetensors(builtIn(), run, out, { names } as never));
  for (const names of ["Torchvision", null, 5, ["x"]])
    assert.match(await refused(names), /^--names: .*, expected rangeflow, torchvision, or a map/);
  assert.match(await refused(new Map([["conv1", "a"]])), /^--names: a Map, whose entries are no properties/);
  for (const theirs of ["", 5, null])
    assert.match(await refused({ conv1: theirs }), /^--names: conv1: .*, expected .* of texts\.$/);
  assert.match(await refused({ "conv1/weight": "__metadata__" }), /^--names: a parameter named __metadata__/);
});

test("options that are unknown, or no object, are refused", async () => {
  const options = "torchvision" as never;
  for (const [name, act] of [
    ["exportSafetensors", () => exportSafetensors(builtIn(), run, out, options)],
    ["exportOnnx", () => exportOnnx(builtIn(), run, out, options)],
    ["exportC", () => exportC(builtIn(), run, out, options)],
    ["inferenceGraph", () => inferenceGraph(builtIn(), run, options)],
  ] as const)
    assert.match(
      await failureOf(act()),
      new RegExp(`^${name}: options "torchvision", expected an object with`),
    );
  const odd = { batchnorm: "folded" } as never;
  assert.match(
    await failureOf(exportOnnx(builtIn(), run, out, odd)),
    /an unknown option batchnorm, expected batchNorm/,
  );
  assert.match(
    await failureOf(exportOnnx(builtIn(), run, out, { form: "exat" as never })),
    /^exportOnnx, form: "exat", expected exact/,
  );
});

test("places and patterns are texts", async () => {
  const none = undefined as never;
  assert.match(
    await failureOf(exportSafetensors(builtIn(), none, out)),
    /^exportSafetensors: undefined, expected the path/,
  );
  assert.match(
    await failureOf(exportSafetensors(builtIn(), run, none)),
    /^out: undefined, expected the path of the file/,
  );
  assert.match(await failureOf(exportC(builtIn(), run, none)), /^exportC, out: undefined, expected the path/);
  assert.match(
    await failureOf(() => exportTensorBoard(5 as never, out)),
    /^exportTensorBoard: 5, expected the path/,
  );
  assert.match(await failureOf(() => exportTensorBoard(run, none)), /^exportTensorBoard, out: undefined/);
  assert.match(
    await failureOf(() => exportTensorBoard(run, out, { site: 5 as never })),
    /^exportTensorBoard, site: 5, expected a pattern/,
  );
});

test("directories that a run keeps its files in are refused", () => {
  for (const own of ["ranges", "code", join("ranges", "deep")])
    assert.match(
      sentenceOf(() => exportTensorBoard(run, join(run, own))),
      /^exportTensorBoard, out: .*, in the (ranges|code) of a run, expected a directory that no run keeps/,
    );
  assert.is(exportTensorBoard(run, join(run, "ranges-of-mine")).runs[0]?.run, run);
});

test.run();
