/** @file Runs that were trained in code, opened by the file that exports their experiment. */
import { writeFileSync } from "node:fs";
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadExperiment } from "../../../pipelines/experiments/experimentFile.ts";
import { train } from "../../../pipelines/runs/train.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo } from "../runs.ts";

const test = suite("runs of code, opened by a file");
const before = process.cwd();
process.chdir(scratch());
test.after(() => process.chdir(before));

const line = (...args: readonly string[]) => answerTo(args);
const local = ["--engine", "simd", "--threads", "1"];

test("a run that was trained in code is opened by the file that exports its experiment, and by no other", async () => {
  const exporting = (epochs: number) => `
import { absoluteError, dense, experiment, fromArrays, quantized } from "rangeflow";

const x = Float32Array.from({ length: 160 }, (_, i) => ((i * 7) % 31) / 31);
export default experiment({
  network: quantized(dense)("output", { units: 1 }),
  data: fromArrays(x, x.filter((_, i) => i % 2 === 0), [1, 1, 2], { name: "line", test: 0.2 }),
  loss: absoluteError(),
  batch: 16,
  epochs: ${epochs},
});
`;
  writeFileSync("exported.ts", exporting(2));
  const made = await (await loadExperiment("spec", "./exported.ts")).make({});
  const done = await lastValueFrom(train(made, { out: "in code", engine: "simd", threads: 1 }));
  const { code, out } = await line("evaluate", "in code", "./exported.ts", "--json", ...local);
  assert.is(code, 0);
  assert.is(JSON.parse(out).testScore, done.event === "done" && done.score);
  const exported = await line("export", "in code", "./exported.ts", "--to", "onnx", "--out", "line.onnx");
  assert.is(exported.code, 0, exported.err);
  writeFileSync("exported.ts", exporting(3));
  const other = await line("evaluate", "in code", "./exported.ts");
  assert.match(other.err, /epochs 3, expected 2 as in the saved run/);
  const none = await line("evaluate", "in code");
  assert.match(none.err, /name the file whose default export it is, or give it to/);
});

test.run();
