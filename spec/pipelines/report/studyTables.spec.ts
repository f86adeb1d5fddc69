import { suite } from "uvu";
import * as assert from "uvu/assert";
import { columnsOf, settingText } from "../../../pipelines/report/studyTables.ts";

const test = suite("tables of a study");

test("a cell shows what it says, then what all cells say, then its preset, then the default", () => {
  assert.is(settingText({ bits: "6/6/6" }, { bits: "5/5/5", preset: "lbt" }, "bits"), "5/5/5");
  assert.is(settingText({ bits: "6/6/6" }, { preset: "lbt" }, "bits"), "6/6/6");
  assert.is(settingText({}, { preset: "lbt" }, "bits"), "4/4/4");
  assert.is(settingText({ preset: "float32" }, {}, "bits"), "32/32/32");
  assert.is(settingText({}, { preset: "./mine.ts" }, "bits"), "8/8/8");
});

test("ranges of a role that is float32 everywhere are a dash", () => {
  assert.is(settingText({}, { bits: "4/4/32" }, "gradientRange"), "-");
  assert.is(settingText({}, { bits: "4/4/32" }, "activationRange"), "inHindsight");
  assert.is(settingText({}, { bits: "4/4/32", lastBits: "8/8/8" }, "gradientRange"), "inHindsight");
  assert.is(settingText({}, { bits: "4/4/32", bitsAt: ["conv1/*=8"] }, "gradientRange"), "inHindsight");
  assert.is(settingText({}, { bits: "32/32/32" }, "weightQuantizer"), "uniform");
});

test("ranges that a quantizer does not ask for are a dash, unless some sites have another one", () => {
  const hindsight = { activationRange: "inHindsight", gradientRange: "inHindsight" };
  assert.is(settingText(hindsight, { gradientQuantizer: "psq" }, "gradientRange"), "-");
  assert.is(settingText(hindsight, { gradientQuantizer: "qsgd:bucket=512" }, "gradientRange"), "-");
  assert.is(settingText(hindsight, { activationQuantizer: "lsq" }, "activationRange"), "-");
  assert.is(settingText(hindsight, { gradientQuantizer: "luq" }, "gradientRange"), "inHindsight");
  assert.is(settingText(hindsight, { gradientQuantizer: "./mine.ts" }, "gradientRange"), "inHindsight");
  const some = { gradientQuantizer: "psq", quantizerAt: ["conv1/*=uniform"] };
  assert.is(settingText(hindsight, some, "gradientRange"), "inHindsight");
});

test("settings that differ between cells have a column, also where a cell leaves them to its preset", () => {
  const { head, of } = columnsOf({}, [{ bits: "4/4/4" }, { preset: "float32" }]);
  assert.equal(head, ["bits", "preset"]);
  assert.equal(of({ preset: "float32" }), ["32/32/32", "float32"]);
});

test.run();
