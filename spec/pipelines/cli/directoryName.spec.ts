/** @file Directories that nobody has named are named after the settings that are in force, whoever has set them. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { rangeflow } from "../runs.ts";

const test = suite("names of directories");

const tiny: readonly string[] = [
  ...["--engine", "simd", "--threads", "1"],
  ...["--limit", "16", "--test-limit", "16", "--batch", "16", "--epochs", "1"],
];

test("a run under a recipe is named after the recipe's bits, and options go before it", async () => {
  const home = scratch();
  writeFileSync(
    join(home, "mine.mjs"),
    `export default { quantization: [{ weight: { bits: 6 }, activation: { bits: 6 }, gradient: { bits: 6 } }] };`,
  );
  const ended = await Promise.all([
    rangeflow(["train", ...tiny, "--recipe", "lbt"], { cwd: home }),
    rangeflow(["train", ...tiny, "--recipe", "./mine.mjs"], { cwd: home }),
    rangeflow(["train", ...tiny, "--recipe", "./mine.mjs", "--bits", "8/4/8"], { cwd: home }),
  ]);
  for (const { code, err } of ended) assert.is(code, 0, err);
  assert.equal(readdirSync(join(home, "runs")).toSorted(), [
    "glyphs-lenet5-4.4.4-seed1",
    "glyphs-lenet5-6.6.6-seed1",
    "glyphs-lenet5-8.4.8-seed1",
  ]);
});

test("a module that changes the working directory moves neither a run nor a study", async () => {
  const [home, elsewhere] = [scratch(), scratch()];
  const moves = `process.chdir(${JSON.stringify(elsewhere)});`;
  writeFileSync(
    join(home, "restless.mjs"),
    `import { map } from "rxjs";
${moves}
export default (observed$) => observed$.pipe(map(({ min, max }) => { ${moves} return { lo: min, hi: max }; }));`,
  );
  const restless = [...tiny, "--gradient-range", "./restless.mjs"];
  const lines = [
    ["train", ...restless, "--out", "runs/mine"],
    ["train", ...restless, "--out", "runs/mine", "--resume"],
    ["train", ...restless],
    ["train", ...restless, "--out", "runs/a & b"],
    ["compare", ...restless, "--grid", "bits=4/4/4", "--seeds", "1", "--out", "runs/study"],
  ];
  const said: string[] = [];
  for (const line of lines) {
    const { code, out, err } = await rangeflow(line, { cwd: home });
    assert.is(code, 0, err);
    said.push(out);
  }
  assert.match(said[0] as string, /\nrecorded in runs\/mine; try: rangeflow replay runs\/mine\n$/);
  assert.match(said[1] as string, /^this run is finished: 1 epochs, 1 steps; nothing is left to train\n/);
  assert.match(said[2] as string, /\nrecorded in runs\/glyphs-lenet5-8\.8\.8-seed1; /);
  assert.match(said[3] as string, /\nrecorded in runs\/a & b; try: rangeflow replay 'runs\/a & b'\n$/);
  assert.match(said[4] as string, /run directories are in runs\/study, /);
  assert.equal(readdirSync(join(home, "runs")).toSorted(), [
    "a & b",
    "glyphs-lenet5-8.8.8-seed1",
    "mine",
    "study",
  ]);
  assert.equal(readdirSync(elsewhere), []);
});

test.run();
