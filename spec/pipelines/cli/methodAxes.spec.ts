/** @file Grids over the options of methods: `--grid ./fold.ts:length=3,9`, built-in ones in the same form. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import { withOption } from "../../../pipelines/cli/methodAxes.ts";
import { cellsIn } from "../../../pipelines/cli/studyOptions.ts";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";

const test = suite("grids over options of methods");

const cells = (grid: readonly string[], inForce: Partial<Settings> = {}) =>
  cellsIn({ texts: {}, flags: {}, positionals: [], lists: { grid } }, inForce, [], {
    ...defaults,
    ...inForce,
  });

const refusal = (grid: readonly string[], inForce?: Partial<Settings>): string => {
  try {
    return JSON.stringify(cells(grid, inForce));
  } catch (error) {
    assert.instance(error, RangeflowFailure);
    return (error as RangeflowFailure).message;
  }
};

test("an option takes its values where a setting names the method", () => {
  assert.equal(cells(["./fold.ts:length=3,9"], { gradientRange: "./fold.ts" }), [
    { gradientRange: "./fold.ts:length=3" },
    { gradientRange: "./fold.ts:length=9" },
  ]);
  assert.equal(
    cells(["./fold.ts:length=3,9"], { gradientRange: "inHindsight(./fold.ts:length=1,a=2):lo=0,hi=1" }),
    [
      { gradientRange: "inHindsight(./fold.ts:a=2,length=3):lo=0,hi=1" },
      { gradientRange: "inHindsight(./fold.ts:a=2,length=9):lo=0,hi=1" },
    ],
  );
});

test("all settings that name it have the same value, those that are defaults, too", () =>
  assert.equal(cells(["inHindsight:decay=0.5,0.9"]), [
    { activationRange: "inHindsight:decay=0.5", gradientRange: "inHindsight:decay=0.5" },
    { activationRange: "inHindsight:decay=0.9", gradientRange: "inHindsight:decay=0.9" },
  ]));

test("rules for some sites, too, and only those that name it", () =>
  assert.equal(cells(["percentile:low=1,5"], { rangeAt: ["conv1/*=percentile", "*/weight=currentMinMax"] }), [
    { rangeAt: ["conv1/*=percentile:low=1", "*/weight=currentMinMax"] },
    { rangeAt: ["conv1/*=percentile:low=5", "*/weight=currentMinMax"] },
  ]));

test("what has the name and not the option is another method: lbt is an estimator and a quantizer", () =>
  assert.equal(cells(["lbt:share=0.01,0.001"], { weightQuantizer: "lbt", gradientRange: "lbt" }), [
    { gradientRange: "lbt:share=0.01" },
    { gradientRange: "lbt:share=0.001" },
  ]));

test("a recipe has options, too", () =>
  assert.equal(cells(["lbt:bits=3,4"], { recipe: "lbt" }), [
    { recipe: "lbt:bits=3" },
    { recipe: "lbt:bits=4" },
  ]));

test("axes multiply, and each acts in the cells that name its method", () => {
  assert.equal(cells(["./fold.ts:length=3,9", "./fold.ts:rate=1,2"], { gradientRange: "./fold.ts" }), [
    { gradientRange: "./fold.ts:length=3,rate=1" },
    { gradientRange: "./fold.ts:length=3,rate=2" },
    { gradientRange: "./fold.ts:length=9,rate=1" },
    { gradientRange: "./fold.ts:length=9,rate=2" },
  ]);
  assert.equal(cells(["gradient-range=./fold.ts,currentMinMax", "./fold.ts:length=3,9"]), [
    { gradientRange: "./fold.ts:length=3" },
    { gradientRange: "./fold.ts:length=9" },
    { gradientRange: "currentMinMax" },
  ]);
  assert.equal(cells(["./fold.ts:length=3", "./fold.ts:length=9"], { gradientRange: "./fold.ts" }), [
    { gradientRange: "./fold.ts:length=3" },
    { gradientRange: "./fold.ts:length=9" },
  ]);
});

test("a grid of whole texts does the same", () =>
  assert.equal(cells(["gradient-range=./fold.ts:length=3,./fold.ts:length=9"]), [
    { gradientRange: "./fold.ts:length=3" },
    { gradientRange: "./fold.ts:length=9" },
  ]));

test("a value that is there already is replaced, inside and outside of another estimator", () => {
  assert.is(
    withOption("inHindsight:decay=0.5,lo=0,hi=1", "inHindsight", "decay", "0.9"),
    "inHindsight:lo=0,hi=1,decay=0.9",
  );
  assert.is(
    withOption("frozen(percentile):tensors=5", "frozen", "tensors", "9"),
    "frozen(percentile):tensors=9",
  );
  assert.is(withOption("frozen(percentile)", "frozen", "tensors", "9"), "frozen(percentile):tensors=9");
  assert.is(withOption("frozen(percentile)", "inHindsight", "decay", "9"), "frozen(percentile)");
});

test("what nothing names, an option that there is not, and no values are refused", () => {
  assert.match(
    refusal(["./fold.ts:length=3,9"]),
    /^--grid \.\/fold\.ts:length: no setting that names \.\/fold\.ts, expected one that does, such as --gradient-range/,
  );
  assert.match(
    refusal(["inHindsight:decai=0.5"]),
    /^--grid inHindsight:decai: option "decai" of inHindsight, expected decay/,
  );
  assert.match(refusal(["inHindsigt:decay=0.5"]), /expected a method with options, or a path/);
  for (const text of ["inHindsight:decay=", "inHindsight:decay", ":decay=0.5", "inHindsight:=0.5"])
    assert.match(refusal([text]), /expected METHOD:OPTION=V,\.\. such as/, text);
  assert.match(
    refusal(["percentile:low=1,2", "lr=0.1,0.2", "seed=1"], { gradientRange: "percentile" }),
    /seed, expected another setting/,
  );
});

test.run();
