/** @file The Python of docs/notebooks.md gives the numbers of the recording itself, where what it imports is installed. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readLearningLog } from "../pipelines/runs/learningLog.ts";
import { python, scratch } from "./pipelines/files/scratch.ts";
import { answerTo, rowsIn, smallArgs } from "./pipelines/runs.ts";

const test = suite("Python of docs/notebooks.md");
const home = scratch();
const run = join(home, "runs/mine");
const trajectories = join(home, "ranges.arrow");

const snippets = [...readFileSync("docs/notebooks.md", "utf8").matchAll(/^```python\n([\s\S]*?)^```$/gm)].map(
  ([, code]) => code!,
);

test.before(async () => {
  const train = ["train", ...smallArgs, "--sqnr-every", "5", "--bits", "4/4/4", "--out", run];
  assert.is((await answerTo(train)).code, 0);
  const replay = ["replay", run, "--estimator", "inHindsight:decay=0.5", "--trajectories", trajectories];
  assert.is((await answerTo(replay)).code, 0);
});

const rows = () => rowsIn(run);
const gradients = () => rows().filter(({ role }) => role === "gradient");
const clippedOf = (some: readonly { readonly clipped: number }[]): number =>
  some.reduce((sum, { clipped }) => sum + clipped, 0);

const lastLoss = (): readonly [steps: number, loss: number] => {
  const losses = readLearningLog(run).flatMap((line) => (line.event === "step" ? [line.loss] : []));
  return [losses.length, losses.at(-1)!];
};

/** What each snippet has to print, in their order. */
const expected: readonly (() => readonly [number, number])[] = [
  () => [gradients().length, clippedOf(gradients())],
  () => [new Set(rows().map(({ site }) => site)).size, clippedOf(rows())],
  () => {
    const dynamic = gradients().filter(({ isStatic }) => !isStatic);
    return [dynamic.length, clippedOf(dynamic)];
  },
  lastLoss,
  lastLoss,
  lastLoss,
  () => {
    const { length } = rows().filter(({ verdict }) => verdict === "observed");
    const count =
      "import sys, pyarrow.feather as f; print(sum(f.read_table(sys.argv[1])['clipped'].to_pylist()))";
    return [length, Number(python(count, trajectories))];
  },
];

test("each snippet is known here", () => assert.is(snippets.length, expected.length));

for (const [i, code] of snippets.entries()) {
  const modules = [...code.matchAll(/^import (\w+)/gm)].map(([, name]) => name!);
  const isThere = python(modules.map((name) => `import ${name}`).join("\n")) !== undefined;
  (isThere ? test : test.skip)(
    `snippet ${i + 1}, with ${modules.filter((name) => name !== "glob").join(" and ")} (skipped where they are not installed)`,
    () => {
      const { status, stdout, stderr } = spawnSync("python3", ["-c", code], { cwd: home, encoding: "utf8" });
      assert.is(status, 0, stderr);
      assert.equal(stdout.trim().split(" ").map(Number), expected[i]!());
    },
  );
}

test.run();
