/** @file Tables with a row for each scalar, whose tags say site and statistic: what readers of logs give. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { imported, importedFiles, refusal, shortly } from "./imported.ts";

const test = suite("tables of scalars");

const golden = "spec/golden/statistics/shapes";

/** What `shapes/scalars` holds: a scale of 0.25 is of e5m2, as names of TransformerEngine say of gradients. */
const table = `tag,step,value
conv1/input/min,0,-1.25
conv1/input/max,0,2.5
loss,0,3
fc_gradient_scale_inv_max,0,0.25
conv1/input/min,1,
conv1/input/min,2,-0.1
conv1/input/max,2,0.1
`;

const expected = [
  [0, "conv1/input", "activation", -1.25, 2.5],
  [0, "fc/gradient", "gradient", -0.25 * 57344, 0.25 * 57344],
  [2, "conv1/input", "activation", -0.1, 0.1],
];

const objects = (text: string): string => {
  const [names = [], ...rows] = text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  const value = (cell: string): unknown => (cell === "" ? null : /^-?\d/.test(cell) ? Number(cell) : cell);
  return rows
    .map(
      (cells) => `${JSON.stringify(Object.fromEntries(cells.map((cell, i) => [names[i], value(cell)])))}\n`,
    )
    .join("");
};

test("a tag says site and statistic, in every format; others are counted by their names", async () => {
  for (const { rows, summary } of [
    await imported(table),
    await imported(objects(table)),
    await importedFiles([join(golden, "scalars.parquet")]),
    await importedFiles([join(golden, "scalars.arrow")]),
  ]) {
    const { format } = summary.files[0]!;
    assert.equal(rows.map(shortly), expected, format);
    assert.equal([summary.unused, summary.withoutEnds], [{ loss: 1 }, 0], format);
  }
});

test("names of tags may stand in another column, and rows say rank and decimals as those of other tables do", async () => {
  const text =
    "key,value,step,rank,precision,timestamp\na.input.amax,1.25,0,0,2,1700000000\na.input.amax,1.5,0,1,,1700000000\n";
  for (const contents of [text, objects(text)]) {
    const { rows, summary } = await imported(contents, { columns: { site: "key" } });
    assert.equal(
      rows.map(({ site, stat: { max }, foreign }) => [site, max, foreign?.maxError]),
      [
        ["rank0/a.input", 1.25, 0.005],
        ["rank1/a.input", 1.5, 0],
      ],
    );
    assert.equal(summary.unused, { timestamp: 2 });
  }
});

test("a table with a statistic has tensors for sites, whatever column is called value", async () => {
  const { rows, summary } = await imported("step,site,amax,value\n0,max/a/input,1,7\n");
  assert.equal(
    [rows.map(shortly), summary.unused],
    [[[0, "max/a/input", "activation", -1, 1]], { value: 1 }],
  );
});

test("tags that tell no statistic at all, and values that are no numbers, are refused", async () => {
  assert.match(await refusal("step,tag,value\n0,loss,1\n"), /^FILE: no tensor with min and max, amax, /);
  assert.match(
    await refusal("step,tag,value\n0,a/input/amax,high\n"),
    /^FILE, line 2: .*high.*, expected a number/,
  );
});

test.run();
