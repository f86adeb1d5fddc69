import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import type { Arguments } from "../../../pipelines/cli/args.ts";
import { comparingIn } from "../../../pipelines/cli/comparingOptions.ts";
import { cellsIn, jobsIn, seedsIn, studyIn } from "../../../pipelines/cli/studyOptions.ts";
import type { Comparing } from "../../../pipelines/studies/comparing.ts";

const test = suite("options of a study");

const cellsOf = (grid: readonly string[], cell: readonly string[] = [], shared = {}) =>
  cellsIn(
    {
      texts: {},
      flags: {},
      positionals: [],
      lists: { ...(grid.length > 0 && { grid }), ...(cell.length > 0 && { cell }) },
    },
    shared,
  );

const sentencesOf = (act: () => unknown): readonly string[] => {
  try {
    act();
  } catch (error) {
    assert.instance(error, RangeflowFailure);
    return (error as RangeflowFailure).message.split("\n");
  }
  return assert.unreachable("expected a failure") as never;
};

test("a grid is every combination; the last --grid varies fastest", () => {
  assert.equal(cellsOf(["bits=8/8/8,4/4/4", "activation-range=inHindsight,currentMinMax"]), [
    { bits: "8/8/8", activationRange: "inHindsight" },
    { bits: "8/8/8", activationRange: "currentMinMax" },
    { bits: "4/4/4", activationRange: "inHindsight" },
    { bits: "4/4/4", activationRange: "currentMinMax" },
  ]);
});

test("a comma in the braces of a pattern parts no values", () => {
  assert.equal(cellsOf(["bits-at={conv1,conv2}/*=4,dense*=4;conv1/*=8"]), [
    { bitsAt: ["{conv1,conv2}/*=4"] },
    { bitsAt: ["dense*=4", "conv1/*=8"] },
  ]);
});

test("without a grid there is one cell, which changes nothing", () => assert.equal(cellsOf([]), [{}]));

test("several settings may have the same value", () =>
  assert.equal(cellsOf(["activation-range,gradient-range=inHindsight,fixed:lo=-1,hi=1"]), [
    { activationRange: "inHindsight", gradientRange: "inHindsight" },
    { activationRange: "fixed:lo=-1,hi=1", gradientRange: "fixed:lo=-1,hi=1" },
  ]));

test("the options of an estimator stay with it, though they have commas", () =>
  assert.equal(
    cellsOf(["gradient-range=inHindsight:decay=0.9,lo=-1,hi=1,currentMinMax,./mine.ts,frozen:tensors=5"]).map(
      ({ gradientRange }) => gradientRange,
    ),
    ["inHindsight:decay=0.9,lo=-1,hi=1", "currentMinMax", "./mine.ts", "frozen:tensors=5"],
  ));

test("a --grid that is given again adds values", () =>
  assert.equal(cellsOf(["lr=0.1", "bits=8/8/8", "lr=0.2,0.3"]), [
    { lr: "0.1", bits: "8/8/8" },
    { lr: "0.2", bits: "8/8/8" },
    { lr: "0.3", bits: "8/8/8" },
  ]));

test("values of options that may be repeated are lists of rules, parted by semicolons; nothing is no rule", () =>
  assert.equal(cellsOf(["bits-at=,conv1/*=32,conv1/*=32;dense3/*=32"]), [
    { bitsAt: [] },
    { bitsAt: ["conv1/*=32"] },
    { bitsAt: ["conv1/*=32", "dense3/*=32"] },
  ]));

test("single cells come in front of the grid, or instead of one", () => {
  const float = { bits: "32/32/32", lr: "0.05" };
  assert.equal(cellsOf(["bits=8/8/8,4/4/4"], ["bits=32/32/32  lr=0.05"]), [
    float,
    { bits: "8/8/8" },
    { bits: "4/4/4" },
  ]);
  assert.equal(cellsOf([], ["bits=32/32/32 lr=0.05", "bits=8/8/8"]), [float, { bits: "8/8/8" }]);
});

test("cells of a study come first; what is asked for beside them is added", () => {
  const ofStudy = [{ bits: "32/32/32" }, { bits: "8/8/8" }];
  const asked = (grid: readonly string[], shared = {}) =>
    cellsIn(
      { texts: {}, flags: {}, positionals: [], lists: grid.length > 0 ? { grid } : {} },
      shared,
      ofStudy,
    );
  assert.equal(asked([]), ofStudy);
  assert.equal(asked(["bits=5/5/5"]), [...ofStudy, { bits: "5/5/5" }]);
  assert.match(
    sentencesOf(() => asked([], { bits: "4/4/4" }))[0]!,
    /^--bits: given for all cells and varied between cells, /,
  );
  assert.is(studyIn("dynamicOrHindsight").cells.length, 17);
  assert.match(
    sentencesOf(() => studyIn("toString"))[0]!,
    /^--study: "toString", expected one of directQuantization, dynamicOr/,
  );
});

test("the way to a counterpart is written as a cell is", () => {
  const comparing = (texts: Arguments["texts"], against?: readonly string[], study?: Comparing) =>
    comparingIn({ texts, flags: {}, positionals: [], lists: { ...(against && { against }) } }, study);
  assert.equal(comparing({}, ["activation-range,gradient-range=currentMinMax lr=0.1", "recipe=lbt"]), {
    against: [
      { activationRange: "currentMinMax", gradientRange: "currentMinMax", lr: "0.1" },
      { recipe: "lbt" },
    ],
  });
  assert.equal(comparing({ within: "model,weight-range,experiment", margin: "0.5" }), {
    within: ["model", "weightRange", "experiment"],
    margin: 0.5,
  });
  assert.equal(comparing({}), {});
  const study = { within: ["model"], against: { lr: 1 }, margin: 1 };
  assert.equal(comparing({}, undefined, study), study);
  assert.equal(comparing({ margin: "0.25" }, ["lr=2"], study), {
    within: ["model"],
    against: [{ lr: "2" }],
    margin: 0.25,
  });
  assert.equal(
    sentencesOf(() => comparing({ margin: "-1" }, ["colour=red"])).map(
      (sentence) => sentence.split(", expected")[0],
    ),
    ['--against: "colour"', '--margin: "-1"'],
  );
  assert.equal(
    sentencesOf(() => comparing({}, ["bits=8/8/8 lr=0.1 bits=4/4/4"])),
    ["--against: bits twice, expected one value for it."],
  );
  assert.equal(
    sentencesOf(() => comparing({}, ["gradient-range=inHindsight:foo=1 weight-quantizer=lqs"])),
    [
      '--against gradient-range: option "foo" of inHindsight, expected decay or lo or hi.',
      '--against weight-quantizer: quantizer "lqs", expected lsq.',
    ],
  );
  assert.equal(
    comparing({}, ["weight-gradient-range=same", "gradient-range=inHindsight(./fold.ts:length=3)"]),
    {
      against: [{ weightGradientRange: "same" }, { gradientRange: "inHindsight(./fold.ts:length=3)" }],
    },
  );
});

test("everything that cannot be understood is said at once", () => {
  const sentences = sentencesOf(() =>
    cellsOf(["colour=red", "bits", "seed=1,2", "lr=1", "lr,width=2"], ["=3"], { lr: "1" }),
  );
  const expected = [
    /^--cell: "=3", expected NAME=VALUE/,
    /^--grid: "colour", expected a setting, which rangeflow train --help lists/,
    /^--grid: "bits", expected NAME=VALUE/,
    /^--grid: seed, expected .*; --seeds gives/,
    /^--grid: lr in two of them, expected each setting in one; /,
    /^--lr: given for all cells and varied between cells, expected only one of the two; /,
  ];
  assert.is(sentences.length, expected.length, sentences.join("\n"));
  for (const [i, sentence] of expected.entries()) assert.match(sentences[i]!, sentence);
});

test("seeds are counted, listed, or given as ranges", () => {
  assert.equal(seedsIn("3"), [1, 2, 3]);
  assert.equal(seedsIn("4,0,11-13"), [4, 0, 11, 12, 13]);
  assert.equal(seedsIn("7-7"), [7]);
  for (const text of ["", "0", "x", "1,", "3-1", "-2", "1.5"])
    assert.match(
      sentencesOf(() => seedsIn(text))[0]!,
      /^--seeds: ".*", expected a number of seeds, or a list/,
    );
});

test("jobs are auto, or a number", () => {
  assert.equal([jobsIn("auto"), jobsIn("12")], ["auto", 12]);
  for (const text of ["0", "-1", "x", "1.5"])
    assert.match(
      sentencesOf(() => jobsIn(text))[0]!,
      /^--jobs: ".*", expected auto, or an integer from 1 to 9999\.$/,
    );
});

test.run();
