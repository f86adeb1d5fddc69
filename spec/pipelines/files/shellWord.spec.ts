/** @file Words that a shell reads as they were. */
import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { shellQuoted, shellWord } from "../../../pipelines/files/shellWord.ts";

const test = suite("shell words");

const texts = ["", "a b", "it's", "'", "$HOME", "`id`", "a\nb", "*", "runs/glyphs,bits=8", "\\", '"', "!x"];

test("sh reads every word as the text that it was", () => {
  for (const write of [shellQuoted, shellWord]) {
    const { stdout } = spawnSync("sh", ["-c", `printf '%s\\0' ${texts.map(write).join(" ")}`], {
      encoding: "utf8",
    });
    assert.equal(stdout.split("\0").slice(0, -1), texts);
  }
});

test("a word without special characters stays as it is", () => {
  assert.is(shellWord("runs/glyphs,bits=8"), "runs/glyphs,bits=8");
  assert.is(shellWord("inHindsight(percentile)"), "'inHindsight(percentile)'");
});

test.run();
