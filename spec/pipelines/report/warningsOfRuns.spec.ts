/** @file Warnings of real runs of LeNet-5 on glyphs: none with the defaults, and with a rate of 5 those of a network that has died. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { warningsOf } from "../../../pipelines/views/warnings.ts";
import { scratch } from "../files/scratch.ts";
import { doneOf } from "../runs.ts";

const test = suite("report/warningsOfRuns");

const settings = { engine: "simd", threads: 1, limit: 2000, testLimit: 500, epochs: 2 } as const;

const warningsWith = async (lr: number) => {
  const out = join(scratch(), "run");
  await doneOf({ ...settings, lr }, { out });
  return warningsOf(readRunView(out));
};

test("a run that learns has no warning", async () => {
  assert.equal(await warningsWith(0.02), []);
});

test("a run that diverges is told of: dead gradients, clipped inputs, idle bits, each with a link to its site", async () => {
  const warnings = await warningsWith(5);
  const texts = warnings.map(({ text }) => text).join("\n");
  for (const wanted of [
    /gradient had \d+ of 62 tensors that were zero or empty, from step \d+ on/,
    /input was clipped in \d+ % of the steps of epoch 1/,
    /had ranges \d+ times as wide as its tensors/,
  ])
    assert.match(texts, wanted);
  for (const { text, href } of warnings.filter(({ href }) => href.startsWith("#site=")))
    assert.ok(text.startsWith(decodeURIComponent(href.slice("#site=".length))));
});

test.run();
