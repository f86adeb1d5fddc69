/** @file What files say twice of a tensor, with `--repeated first` or `last`: nothing of one saying stands beside what the other one says. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { importText } from "../../../pipelines/cli/importText.ts";
import { fileWith, imported, importedFiles, refusal, refusalOfFiles, shortly } from "./imported.ts";

const test = suite("repeats");

const lines = (...rows: readonly object[]): string =>
  rows.map((row) => `${JSON.stringify({ step: 0, site: "a/input", ...row })}\n`).join("");

const seldom = "said less often than other values of its tensor";

test("what only one saying has beside others is left out and counted", async () => {
  const text = lines(
    { min: 0, max: 2, mean: 0.5, edges: [0, 1, 2], counts: [1, 2] },
    { min: -1, max: 3, std: 1 },
  );
  for (const [repeated, ends] of [
    ["first", [0, 2]],
    ["last", [-1, 3]],
  ] as const) {
    const { rows, summary } = await imported(text, { repeated });
    assert.equal(shortly(rows[0]!).slice(3), ends);
    assert.equal([rows[0]?.measured, rows[0]?.histogram], [undefined, undefined]);
    assert.equal(summary.unused, {
      [`mean ${seldom}`]: 1,
      [`std ${seldom}`]: 1,
      [`histogram ${seldom}`]: 1,
    });
    assert.equal([summary.repeatedOther, summary.repeatedMixed], [2, 0]);
  }
});

test("what all sayings have is that of one of them, in one file or in several, and so are single numbers of long tables", async () => {
  const [one, other] = [
    { min: 0, max: 2, mean: 0.5, edges: [0, 2], counts: [2] },
    { min: -1, max: 3, mean: 0.5, edges: [-1, 3], counts: [4] },
  ];
  const files = [fileWith(lines(one)), fileWith(lines({ step: 1, amax: 1 }, other))];
  for (const found of [
    await imported(lines(one, other), { repeated: "last" }),
    await importedFiles(files, { repeated: "last" }),
  ]) {
    assert.equal(found.rows[0]?.measured, { mean: [0.5] });
    assert.equal(
      [...found.rows[0]!.histogram!.counts!].reduce((sum, count) => sum + count),
      4,
    );
    assert.equal(found.summary.unused, {});
  }
  const long = ["min,0", "min,-1", "max,2", "max,3"].map((pair) => `0,a/input,${pair}\n`).join("");
  const { rows } = await imported(`step,site,stat,value\n${long}`, { repeated: "last" });
  assert.equal(shortly(rows[0]!).slice(3), [-1, 3]);
});

test("values that are only equal are of one tensor, and nothing is left out", async () => {
  const text = lines({ min: 0, max: 2, mean: 0.5 }, { min: 0, max: 2 });
  for (const repeated of ["refuse", "first", "last"] as const) {
    const { rows, summary } = await imported(text, { repeated });
    assert.equal([rows[0]?.measured, summary.unused, summary.repeatedEqual], [{ mean: [0.5] }, {}, 2]);
  }
});

test("ends of two sayings are told", async () => {
  const { rows, summary } = await imported(lines({ min: 0, max: 2 }, { min: -1 }), { repeated: "last" });
  assert.equal([shortly(rows[0]!).slice(3), summary.repeatedMixed], [[-1, 2], 1]);
  assert.match(
    importText(summary),
    /\n {2}repeated: 1 row with min and max given less often than other values of the tensor, so that they may belong to another one\n/,
  );
});

test("histograms of one tensor are one if they are equal, and refused otherwise, also in two files", async () => {
  const [one, other] = [
    { edges: [0, 1], counts: [2] },
    { edges: [0, 1], counts: [3] },
  ];
  assert.is((await imported(lines(one, one))).summary.repeatedEqual, 1);
  const hint = "expected one for each step; --repeated first or --repeated last keeps one of them.";
  assert.is(
    await refusal(lines(one, other)),
    `FILE, line 2: a second histogram of a/input at step 0, ${hint}`,
  );
  assert.is(
    await refusalOfFiles([fileWith(lines(one)), fileWith(lines(other))]),
    `a/input: two histograms at step 0, ${hint}`,
  );
});

test.run();
