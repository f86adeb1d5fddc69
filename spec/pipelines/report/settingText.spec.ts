/** @file What tables show of a setting in a cell: what is in force there, and a dash for ranges that no tensor gets from it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inForceIn, inForceOfCells } from "../../../pipelines/report/inForce.ts";
import { settingText } from "../../../pipelines/report/settingText.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import type { Cell } from "../../../pipelines/studies/grid.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("settings of cells");

/** Text of a setting in a cell of which no run is known. */
const textIn = (shared: Partial<Settings>, cell: Cell, name: string): string =>
  settingText(inForceIn([], shared), cell, name);

test("a cell shows what it says, then what all cells say, then its recipe, then the default", () => {
  assert.is(textIn({ bits: "6/6/6" }, { bits: "5/5/5", recipe: "lbt" }, "bits"), "5/5/5");
  assert.is(textIn({ bits: "6/6/6" }, { recipe: "lbt" }, "bits"), "6/6/6");
  assert.is(textIn({}, { recipe: "lbt" }, "bits"), "4/4/4");
  assert.is(textIn({ recipe: "float32" }, {}, "bits"), "32/32/32");
});

test("what a recipe in a file sets is what its runs have, and unknown without any", () => {
  const cells = [{ recipe: "./mine.ts" }, { recipe: "./theirs.ts", lr: 0.1 }];
  const inForce = inForceIn([[cells[0]!, { bits: "4/4/4", lr: 0.5 }]], { batch: 16 });
  const texts = cells.map((cell) => ["bits", "lr", "batch"].map((name) => settingText(inForce, cell, name)));
  assert.equal(texts[0]!.slice(0, 2), ["4/4/4", "0.5"]);
  assert.equal(texts[1], ["unknown", "0.1", "16"]);
});

test("cells that are planned show what their recipes set, also one in a file, given for a cell or for all", async () => {
  const rule = "{ weight: { bits: 4 }, activation: { bits: 4 }, gradient: { bits: 4 } }";
  const recipe = join(scratch(), "mine.js");
  writeFileSync(recipe, `export default { quantization: [${rule}], training: { lr: 0.5 } };`);
  const shown = async (wanted: Partial<Settings>, cells: readonly Cell[]) => {
    const inForce = await inForceOfCells(wanted, cells);
    return cells.map((cell) => ["bits", "lr"].map((name) => settingText(inForce, cell, name)).join(" "));
  };
  const plain = [{ bits: "8/8/8" }, { lr: 0.01 }];
  assert.equal(await shown({}, [{ recipe }, ...plain]), ["4/4/4 0.5", "8/8/8 0.02", "8/8/8 0.01"]);
  assert.equal(await shown({ recipe }, plain), ["8/8/8 0.5", "4/4/4 0.01"]);
  assert.equal(await shown({}, [{ lr: Number.NaN }]), ["8/8/8 NaN"]);
});

test("ranges of a role that is float32 everywhere are a dash", () => {
  assert.is(textIn({}, { bits: "4/4/32" }, "gradientRange"), "-");
  assert.is(textIn({}, { bits: "4/4/32" }, "activationRange"), "inHindsight");
  assert.is(textIn({}, { bits: "4/4/32", lastBits: "8/8/8" }, "gradientRange"), "inHindsight");
  assert.is(textIn({}, { bits: "4/4/32", bitsAt: ["conv1/*=8"] }, "gradientRange"), "inHindsight");
  assert.is(textIn({}, { bits: "32/32/32" }, "weightQuantizer"), "uniform");
});

test("ranges that a quantizer does not ask for are a dash, unless some sites have another one", () => {
  const hindsight = { activationRange: "inHindsight", gradientRange: "inHindsight" };
  assert.is(textIn(hindsight, { gradientQuantizer: "psq" }, "gradientRange"), "-");
  assert.is(textIn(hindsight, { gradientQuantizer: "qsgd:bucket=512" }, "gradientRange"), "-");
  assert.is(textIn(hindsight, { activationQuantizer: "lsq" }, "activationRange"), "-");
  assert.is(textIn(hindsight, { gradientQuantizer: "luq" }, "gradientRange"), "inHindsight");
  assert.is(textIn(hindsight, { gradientQuantizer: "./mine.ts" }, "gradientRange"), "inHindsight");
  const some = { gradientQuantizer: "psq", quantizerAt: ["conv1/*=uniform"] };
  assert.is(textIn(hindsight, some, "gradientRange"), "inHindsight");
});

test("ranges of gradients are those of their second copy, too: a dash only if it does not use them either", () => {
  const textOf = (cell: Cell): string => textIn({ gradientRange: "dsgc" }, cell, "gradientRange");
  const float: Cell = { bits: "8/8/32" };
  assert.is(textOf({ ...float, weightGradientBits: 8 }), "dsgc");
  assert.is(textOf({ ...float, weightGradientBits: "8" as never }), "dsgc");
  assert.is(textOf({ ...float, weightGradientBits: 32 }), "-");
  assert.is(textOf({ ...float, weightGradientBits: 8, weightGradientRange: "currentMinMax" }), "-");
  assert.is(textOf({ ...float, weightGradientBits: 8, weightGradientQuantizer: "psq" }), "-");
  assert.is(textOf({ ...float, weightGradientQuantizer: "uniform" }), "-");
  assert.is(textOf({ gradientQuantizer: "psq", weightGradientQuantizer: "uniform" }), "dsgc");
  assert.is(textOf({ gradientQuantizer: "psq", weightGradientBits: 4 }), "-");
});

test("options that are called as members of every object are options", () => {
  for (const inForce of [undefined, inForceIn([])]) {
    assert.is(settingText(inForce, { constructor: 3 }, "constructor"), "3");
    assert.not.match(settingText(inForce, {}, "constructor"), "function");
  }
});

test.run();
