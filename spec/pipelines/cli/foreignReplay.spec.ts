/** @file `rangeflow replay` on recordings of others: what it says of them, what it leaves out, and what it cannot answer. */
import { readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { histogram } from "../../../core/histogram.ts";
import { close } from "../../support/close.ts";
import type { ForeignRow } from "../files/foreignRows.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, smallArgs } from "../runs.ts";
import { events, recorded, replay } from "./foreignReplays.ts";

const test = suite("replay of foreign recordings");

/** Two tensors of a gradient, each twice as wide as the one before. */
const growing: readonly ForeignRow[] = [1, 2].map((max, step) => ({
  step,
  site: "fc/gradient",
  min: -max,
  max,
}));

const ofEstimator = (all: readonly Readonly<Record<string, unknown>>[], name: string) =>
  all.find(({ event, estimator }) => event === "replay" && estimator === name)!;

test("without estimators those are replayed that need ends alone, and the head says so", async () => {
  const run = recorded(growing);
  const { code, out } = await replay(run);
  assert.is(code, 0);
  assert.match(
    out,
    /^Imported recording \(spec\): 2 statistics at 1 site; recorded: min and max\.\nNothing was quantized in this recording, so these are replayed: currentMinMax, runningMinMax, inHindsight, delayedScaling \(--estimator selects others\)\.\n\nsite/,
  );
  const all = await events(run);
  // In hindsight: the first tensor is its own range, and the second one is twice as wide.
  assert.is(ofEstimator(all, "inHindsight").meanError, 0.25);
  assert.is(ofEstimator(all, "inHindsight").staticShare, 0.5);
  assert.is(ofEstimator(all, "currentMinMax").meanError, 0);
  assert.not("bounds" in ofEstimator(all, "inHindsight"));
});

test("a cold start is neither shown nor counted, unless it is kept, and is marked in trajectories", async () => {
  const cold = { step: 0, site: "fc/gradient", min: -448, max: 448, coldStart: true };
  const run = recorded([cold, ...growing.map((row) => ({ ...row, step: row.step + 1 }))]);
  const { out } = await replay(run);
  assert.match(
    out,
    /\nCold-start rows, which are placeholders and omitted: 1 \(--cold-start keep counts them\)\.\n/,
  );
  assert.is(ofEstimator(await events(run), "inHindsight").meanError, 0.25);
  const file = join(scratch(), "kept.jsonl");
  const kept = await events(run, "--cold-start", "keep", "--trajectories", file);
  assert.is(ofEstimator(kept, "inHindsight").steps, 3);
  assert.ok((ofEstimator(kept, "inHindsight").meanError as number) > 0.6);
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const marks = lines.map((line) => JSON.parse(line)).filter(({ estimator }) => estimator === "inHindsight");
  assert.equal(
    marks.map(({ coldStart, minError }) => [coldStart, minError]),
    [
      [true, 0],
      [false, 0],
      [false, 0],
    ],
  );
});

test("estimators that need more than was recorded are told with what they need, and the others are replayed", async () => {
  const run = recorded(growing);
  const asked = ["--estimator", "percentile:low=5", "--estimator", "lbt", "--estimator", "inHindsight"];
  const { out } = await replay(run, ...asked);
  assert.match(out, /\nfc\/gradient {2}gradient {2}inHindsight /);
  assert.not.match(out, /gradient {2}percentile/);
  const table = out.slice(out.indexOf("Estimators that this recording cannot answer:"));
  assert.match(
    table,
    /\npercentile:low=5 +1 {2}a histogram of each tensor +min and max\nlbt +1 {2}the bits of each site \(--bits\) +min and max\n$/,
  );
  const unanswered = (await events(run, ...asked)).filter(({ event }) => event === "unanswered");
  const { why, ...lbt } = unanswered[1]!;
  assert.equal(lbt, {
    ...{ event: "unanswered", estimator: "lbt", needs: "the bits of each site" },
    ...{ sites: ["fc/gradient"], recorded: "min and max" },
  });
  assert.match(
    String(why),
    /^fc\/gradient, step 0: estimator lbt failed: the bits of the site were not recorded/,
  );
});

test("so it is of a run of ours, which has recorded no histograms", async () => {
  const ours = join(scratch(), "ours");
  assert.is((await answerTo(["train", ...smallArgs, "--out", ours])).code, 0);
  const { out } = await replay(ours, "--estimator", "percentile", "--estimator", "inHindsight");
  assert.match(out, /^site .+\n-.+\nconv1\/input {2,}activation {2}inHindsight /);
  assert.match(
    out,
    /\nEstimators that this recording cannot answer:\n.+\n.+\npercentile +\d+ {2}a histogram of each tensor {2}min and max\n$/,
  );
  const { code, err } = await replay(ours, "--estimator", "percentile");
  assert.is(code, 2);
  assert.match(err, /; record histograms \(--histogram-every 1\) to replay it later\.\n$/);
});

test("asked for nothing but such ones it is refused, with a sentence on each", async () => {
  const { code, err } = await replay(
    recorded(growing),
    "--estimator",
    "percentile",
    "--estimator",
    "distributionAdaptive",
  );
  assert.is(code, 2);
  assert.match(
    err,
    /^fc\/gradient: estimator percentile needs a histogram of each tensor, but the recording has min and max, expected an estimator that needs no more than that; try currentMinMax, .+\.\n/,
  );
  assert.match(
    err,
    /\nfc\/gradient: estimator distributionAdaptive needs each tensor by channel, but the recording has .+\n$/,
  );
});

test("histograms answer what was never asked, and --bits says the grid that estimators depend on", async () => {
  const sample = histogram({ values: Float32Array.from({ length: 101 }, (_, i) => i / 100) });
  const run = recorded(
    [0, 1].map((step) => ({ step, site: "fc/gradient", known: "histogram" })),
    { histogram: [sample, sample] },
  );
  const asked = ["--estimator", "percentile", "--estimator", "lbt"];
  const [head, row, missing] = await events(run, ...asked);
  assert.is(head!.recorded, "histograms");
  assert.equal([row!.estimator, missing!.event], ["percentile", "unanswered"]);
  assert.ok((row!.meanError as number) > 0 && (row!.meanError as number) < 0.05);
  const withBits = await events(run, ...asked, "--bits", "4");
  assert.equal(
    withBits.slice(1).map(({ estimator, steps }) => [estimator, steps]),
    [
      ["percentile", 2],
      ["lbt", 2],
    ],
  );
});

test("bounds stand in the table and in the JSON where numbers were printed with a few digits", async () => {
  const run = recorded(growing.map((row) => ({ ...row, known: "amax", error: 0.5 })));
  const { out } = await replay(run, "--estimator", "inHindsight", "--estimator", "percentile");
  // The first range is its own tensor, from 0.5 to 1.5, whose bounds do not know that: 1 - 0.5 / 1.5. The second tensor is 1.5 to 2.5 wide.
  assert.match(
    out,
    /inHindsight {6}2 {2}50\.0 % {2}0\.0 to 100\.0 % {2}0\.0 to 73\.3 % {2}0\.0 to 80\.0 %\n/,
  );
  assert.match(out, /\na to b: bounds over all tensors that print the same digits/);
  const [, row] = await events(run, "--estimator", "inHindsight");
  const { meanError, ...rest } = row!.bounds as Readonly<Record<string, readonly [number, number]>>;
  assert.equal(rest, { staticShare: [0.5, 0.5], clippedSteps: [0, 1], p95Error: [0, 0.8] });
  assert.is(meanError![0], 0);
  close(meanError![1], (1 - 0.5 / 1.5 + 0.8) / 2, 1e-12);
});

test("a site that was printed as 0 is void: no row, and a sentence that says what its precision has lost", async () => {
  const lost = [0, 1, 2].map((step) => ({
    step,
    site: "fc/gradient",
    known: "scale",
    min: 0,
    max: 0,
    error: 2.8672,
  }));
  const run = recorded([
    ...lost.slice(0, 1),
    { step: 0, site: "fc/weight", role: "weight", min: -1, max: 1 },
    ...lost.slice(1),
  ] as readonly ForeignRow[]);
  const { code, out } = await replay(run);
  assert.is(code, 0);
  assert.not.match(out, /\nfc\/gradient {2}/);
  assert.match(
    out,
    /\n\nPrinted precision loses gradients\. .+; sites where half of the tensors or more are lost are left out of the tables\.\nfc\/gradient: 3 of 3 were printed as 0, within 2\.8672 of it\n$/,
  );
  const all = await events(run, "--estimator", "inHindsight", "--site", "*/gradient");
  assert.equal(all[1]!.lost, { share: 1, within: 2.8672 });
});

test("rows without ends can judge no range: they are counted, and where there is nothing else it is refused", async () => {
  const bare = { step: 2, site: "fc/gradient", known: "moments" } as const;
  const { out } = await replay(recorded([...growing, bare]));
  assert.match(
    out,
    /\nRows without the min and max of their tensors, with which no range can be compared: 1\.\n/,
  );
  const { code, err } = await replay(recorded([bare]));
  assert.is(code, 2);
  assert.match(
    err,
    /Rows without the min and max of their tensors.+: 1\., expected statistics to replay\.\n$/,
  );
});

test("whoever needs weights, or a directory of its own, is told that there are none", async () => {
  const run = recorded(growing);
  for (const args of [
    ["evaluate", run],
    ["train", "--resume", "--out", run],
    ["export", run, "--to", "safetensors", "--out", join(run, "x")],
  ]) {
    const { code, err } = await answerTo(args);
    assert.is(code, 2, args.join(" "));
    assert.match(
      err,
      /: a foreign recording, which has no weights, expected the directory of a run that was trained; /,
    );
  }
  const { code, err } = await answerTo(["train", ...smallArgs, "--out", run]);
  assert.is(code, 2);
  assert.match(err, /^.+: a foreign recording, expected an empty or new directory; name another\.\n$/);
  assert.is((await replay(run)).code, 0);
});

test("options that would do nothing are refused, and so is to verify what was never quantized", async () => {
  const run = recorded(growing.map((row) => ({ ...row, bits: 8 })));
  for (const [args, sentence] of [
    [
      ["--verify"],
      /^--verify: .+, an imported recording, expected a run with recorded ranges; leave it out\.\n$/,
    ],
    [["--cold-start", "keep"], /^--cold-start: used for a recording without cold-start rows, expected/],
    [["--cold-start", "yes"], /^--cold-start: "yes", expected drop or keep\.\n$/],
    [["--bits", "9"], /^--bits: "9", expected an integer from 2 to 8\.\n$/],
    [["--site", "conv*"], /^--site: no site matches "conv\*"/],
  ] as const) {
    const { code, err } = await replay(run, ...args);
    assert.is(code, 2, args.join(" "));
    assert.match(err, sentence);
  }
});

test("ends that no tensor has, a site of two roles, no rows and no whole piece are told as what they are", async () => {
  const at = (min: number, max: number) => ({ step: 1, site: "fc/gradient", min, max });
  const [zero] = growing as [ForeignRow];
  const cut = recorded(growing);
  truncateSync(join(cut, "ranges", "000000.arrows"), 100);
  for (const [run, sentence] of [
    [
      recorded([zero, at(2, 1)]),
      /^fc\/gradient, step 1: min 2 and max 1 of an observed tensor, expected finite bounds with min <= max; a tensor that holds other numbers has the verdict nonFinite\.\n$/,
    ],
    [
      recorded([zero, at(-1, Number.POSITIVE_INFINITY)], {
        verdict: { texts: ["observed"], index: Int32Array.of(0, 0) },
      }),
      /^fc\/gradient, step 1: min -1 and max Infinity of/,
    ],
    [
      recorded([zero, { ...at(-1, 1), role: "weight" }]),
      /^fc\/gradient: rows of roles gradient and weight, expected one role for a site\.\n$/,
    ],
    [recorded([]), /^rangeflow replay: no statistics in .+, expected a recording with some\.\n$/],
    [
      cut,
      /ranges: segments without a complete piece, expected at least one complete piece; if it is a copy, copy it again\.\n$/,
    ],
  ] as const) {
    const { code, err } = await replay(run);
    assert.is(code, 2, String(sentence));
    assert.match(err, sentence);
  }
});

test.run();
