/** @file Directories that nobody has named are named after the settings that are in force, whoever has set them. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { rangeflow } from "../runs.ts";

const test = suite("names of directories");

const tiny = ["--engine", "simd", "--limit", "16", "--test-limit", "16", "--batch", "16", "--epochs", "1"];

test("a run under a preset is named after the preset's bits, model and data, and options go before it", async () => {
  const home = scratch();
  writeFileSync(
    join(home, "mine.mjs"),
    `export default { settings: { data: "glyphsX2", model: "edsr", width: 0.125, bits: "6/6/6", seed: 7 } };`,
  );
  const ended = await Promise.all([
    rangeflow(["train", ...tiny, "--preset", "lbt"], { cwd: home }),
    rangeflow(["train", ...tiny, "--preset", "./mine.mjs", "--bits", "8/4/8"], { cwd: home }),
  ]);
  for (const { code, err } of ended) assert.is(code, 0, err);
  assert.equal(readdirSync(join(home, "runs")).toSorted(), [
    "glyphs-lenet5-4.4.4-seed1",
    "glyphsX2-edsr-8.4.8-seed7",
  ]);
});

test.run();
