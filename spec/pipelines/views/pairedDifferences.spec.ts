/** @file The numbers that runs are compared by: what a reader gets with pencil and paper. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { differingFacts, pairedDifferences, signedText } from "../../../pipelines/views/pairedDifferences.ts";
import type { RunView } from "../../../pipelines/views/runView.ts";
import { madeUp } from "../../support/runViews.ts";
import { doneRun } from "../studies/doneRun.ts";

const test = suite("views/pairedDifferences");

const finished = (numbers: Parameters<typeof doneRun>[1], change: Partial<RunView> = {}): RunView =>
  madeUp({ change: { done: doneRun({ cell: 0, settings: {}, seed: 1 }, numbers).done, ...change } });

const printed = (runs: readonly RunView[], against?: readonly (number | undefined)[]) =>
  Object.fromEntries(
    pairedDifferences(runs, against).map((one) => [
      one.name,
      [
        one.values.map((value) => value !== undefined && one.text(value)),
        one.differences.map((difference) => signedText(one, difference)),
      ],
    ]),
  );

test("each run is told with what it has more than the first", () => {
  const found = printed([
    finished({ score: 0.9, best: 0.95, seconds: 10, moved: 2 ** 20 }),
    finished({ score: 0.925, best: 0.95, seconds: 7.5, moved: 3 * 2 ** 20 }),
  ]);
  assert.equal(found.accuracy, [
    ["90.00 %", "92.50 %"],
    ["", "+2.50 points"],
  ]);
  assert.equal(found["best accuracy"]![1], ["", "0.00 points"]);
  assert.equal(found.seconds, [
    ["10.0", "7.5"],
    ["", "−2.5"],
  ]);
  assert.equal(found["bytes moved"], [
    ["1.0 MB", "3.0 MB"],
    ["", "+2.0 MB"],
  ]);
});

test("runs are compared with those that are said, such as that of the same seed", () => {
  const runs = [0.5, 0.6, 0.8].map((score) => finished({ score }));
  assert.equal(printed(runs, [undefined, undefined, 1]).accuracy![1], ["", "", "+20.00 points"]);
});

test("a run that has not ended is told by its newest epoch and by what it has recorded so far", () => {
  const open = madeUp({
    ...{ steps: 10, epochs: 2, sites: ["a/input", "a/gradient"] },
    row: (site) => ({ clipped: site === "a/input" ? 10 : 0, count: 1000, bytesMoved: 512, bytesSaved: 256 }),
  });
  const found = printed([open, open]);
  // The second epoch of a made up run has 1 - 0.6 / 2.
  assert.equal(found.accuracy![0], ["70.00 %", "70.00 %"]);
  assert.is(found["best accuracy"], undefined);
  assert.is(found.seconds, undefined);
  // Two sites, ten steps.
  assert.equal(found["bytes moved"]![0], ["10.0 KB", "10.0 KB"]);
  assert.equal(found["bytes saved"]![0], ["5.0 KB", "5.0 KB"]);
  assert.equal(found["clipped, activations"]![0], ["1.0000 %", "1.0000 %"]);
  assert.equal(found["clipped, gradients"]![0], ["0.0000 %", "0.0000 %"]);
  assert.is(found["clipped, weights"], undefined);
});

test("steps are told where they differ", () => {
  assert.equal(printed([madeUp({ steps: 8 }), madeUp({ steps: 6 })]).steps, [
    ["8", "6"],
    ["", "−2"],
  ]);
  assert.is(printed([madeUp(), madeUp()]).steps, undefined);
});

test("scores of different metrics are not compared, and what one run lacks has no difference", () => {
  const found = printed([
    finished({ score: 0.9, moved: undefined }),
    finished({ score: 30, metric: "psnr", moved: 1024 }),
  ]);
  assert.is(found.accuracy, undefined);
  assert.is(found.psnr, undefined);
  assert.equal(found["bytes moved"], [
    [false, "1.0 KB"],
    ["", ""],
  ]);
  const losses = [0.012, 0.0062].map((score) => finished({ score, metric: "loss", better: "lower" }));
  assert.equal(printed(losses).loss![1], ["", "−0.00580"]);
});

test("facts that differ stand side by side, those that do not and the time of the beginning are left out", () => {
  const of = (facts: RunView["facts"]): RunView => madeUp({ change: { facts } });
  assert.equal(
    differingFacts([
      of([
        ["model", "lenet5"],
        ["bits", "8/8/8"],
        ["begun", "today"],
      ]),
      of([
        ["model", "lenet5"],
        ["bits", "4/4/4"],
        ["begun", "now"],
        ["recipe", "lbt"],
      ]),
    ]),
    [
      ["bits", ["8/8/8", "4/4/4"]],
      ["recipe", ["", "lbt"]],
    ],
  );
});

test("a fact that only some runs have stands where these have it; a hash without others beside it is left out", () => {
  const of = (facts: RunView["facts"]): RunView => madeUp({ change: { facts } });
  const hash = "0123456789abcdef";
  assert.equal(
    differingFacts([
      of([
        ["bits", "8/8/8"],
        ["batch", "64"],
        ["data sha256", hash],
      ]),
      of([
        ["bits", "4/4/4"],
        ["first bits", "8/8/8"],
        ["batch", "16"],
        ["file mine.ts", hash],
        ["data sha256", `${hash}0`],
      ]),
    ]),
    [
      ["bits", ["8/8/8", "4/4/4"]],
      ["first bits", ["", "8/8/8"]],
      ["batch", ["64", "16"]],
      ["data sha256", [hash, `${hash}0`]],
    ],
  );
});

test.run();
