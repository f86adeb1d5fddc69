/** @file `rangeflow replay` on recordings that took a histogram now and then. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { histogram } from "../../../core/histogram.ts";
import { scratch } from "../files/scratch.ts";
import { events, recorded, replay } from "./foreignReplays.ts";

const test = suite("replay where some steps have histograms");

/** Four steps of as many sites as are named, with a histogram at the first and the third. */
const sampled = (...sites: readonly string[]): string => {
  const sample = histogram({ values: Float32Array.from({ length: 101 }, (_, i) => i / 100) });
  const rows = [0, 1, 2, 3].flatMap((step) =>
    sites.map(
      (site) => ({ step, site, min: 0, max: 1, known: step % 2 === 0 ? "histogram" : "minMax" }) as const,
    ),
  );
  return recorded(rows, { histogram: rows.map(({ step }) => (step % 2 === 0 ? sample : undefined)) });
};

test("with histograms at some steps, percentiles are replayed over these, and tables say of how many steps", async () => {
  const run = sampled("fc/gradient");
  const asked = ["--estimator", "percentile", "--estimator", "currentMinMax", "--bits", "8"];
  const { code, out } = await replay(run, ...asked);
  assert.is(code, 0);
  assert.match(out, /; recorded: min and max, histograms at 2 of 4 steps\.\n/);
  assert.match(out, /p95 error {2}SQNR steps {2}SQNR dB +clipped\n/);
  assert.match(out, /\nfc\/gradient {2}gradient {2}percentile +2 of 4 +0\.0 % .* 2 +\d\d\.\d {2}/);
  assert.match(out, /\nfc\/gradient {2}gradient {2}currentMinMax +4 +0\.0 % .* 2 +\d\d\.\d {2}/);
  assert.match(
    out,
    /\npercentile: needs histograms, so shown only the 2 of 4 tensors that have one, as if there were no others\.\n/,
  );
  const [, percentile, current] = await events(run, ...asked);
  assert.equal([percentile!.steps, percentile!.among, percentile!.sqnrSteps], [2, 4, 2]);
  assert.equal([current!.steps, "among" in current!, current!.sqnrSteps], [4, false, 2]);
});

test("a ratio that is of fresh ranges alone is told, and so is one that is of some sites of a role", async () => {
  const sample = histogram({ values: Float32Array.from({ length: 101 }, (_, i) => i / 100) });
  const rows = [0, 1, 2, 3, 4, 5].flatMap((step) =>
    ["a/gradient", "b/gradient"].map((site) => ({ step, site, min: 0, max: 1 })),
  );
  const run = recorded(rows, {
    histogram: rows.map(({ step, site }) => (step % 3 === 0 && site === "a/gradient" ? sample : undefined)),
  });
  const asked = ["--estimator", "dsgc:period=3", "--estimator", "inHindsight", "--bits", "4"];
  const { out } = await replay(run, ...asked);
  assert.match(
    out,
    /\ndsgc:period=3: SQNR and clipped come mostly from tensors whose range was computed from the tensor itself; where the range was known before its tensor, they may be worse\.\n/,
  );
  assert.match(out, /\nSQNR and clipped of role gradient: means over 1 of 2 sites\.\n/);
  assert.match(
    out,
    /\n\nEstimators that this recording cannot answer:\n.+\n.+\ndsgc:period=3 +1 {2}a histogram of each tensor {2}min and max\n$/,
  );
});

test("trajectories of an estimator that is shown some tensors have these, once", async () => {
  const file = join(scratch(), "some.jsonl");
  await replay(sampled("fc/gradient"), "--estimator", "percentile", "--trajectories", file);
  const steps = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).step);
  assert.equal(steps, [0, 2]);
});

test("sites without a ratio are counted where they are many, with a word of --bits", async () => {
  const few = await replay(sampled("a/gradient", "b/gradient"), "--estimator", "currentMinMax");
  assert.match(
    few.out,
    /\nNo SQNR for a\/gradient, b\/gradient: the bits of the site were not recorded \(rangeflow replay --bits sets them\)\.\n$/,
  );
  const many = await replay(
    sampled(...["a", "b", "c", "d", "e", "f", "g", "h", "i"].map((one) => `${one}/gradient`)),
    ...["--estimator", "currentMinMax"],
  );
  assert.match(
    many.out,
    /\nNo SQNR for 9 sites: the bits of the site were not recorded \(rangeflow replay --bits sets them\)\.\n$/,
  );
});

test.run();
