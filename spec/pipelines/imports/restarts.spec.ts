/** @file Logs of TensorBoard whose process was started again: what TensorBoard shows of them is what is imported. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { imported, importedFiles, refusalOfFiles, shortly } from "./imported.ts";

const test = suite("restarts");

/** Steps 0 to 4, and with `purge_step=3` steps 4 to 8, by PyTorch's SummaryWriter; the rows that TensorBoard's EventAccumulator shows. */
const golden = "spec/golden/statistics/restart";
const [first, second] = [join(golden, "1.tfevents"), join(golden, "2.tfevents")];

type Row = readonly [step: number, site: string, min: number, max: number];

const expected = (JSON.parse(readFileSync(join(golden, "expected.json"), "utf8")) as readonly Row[]).map(
  ([step, site, min, max]) => [step, site, site === "fc.weight" ? "weight" : "activation", min, max],
);

const undone = "values of steps that a restart wrote anew";

const sorted = (rows: Parameters<typeof shortly>[0][]): readonly unknown[] =>
  rows.map(shortly).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

test("what was written before a restart, of its step and later ones, does not count", async () => {
  assert.equal(
    expected.map(([step]) => step),
    [0, 0, 1, 1, 2, 2, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8],
  );
  const { rows, summary } = await importedFiles([golden]);
  assert.equal(sorted([...rows]), expected);
  // Two scalars and a histogram of each of the steps 3 and 4.
  assert.equal(summary.unused, { [undone]: 6 });
  assert.is(summary.repeatedEqual + summary.repeatedOther, 0);
});

test("files are those of a run by their names, whatever the order in which they are given", async () => {
  assert.equal(sorted([...(await importedFiles([second, first])).rows]), expected);
});

test("a file in which a process begins again says so itself", async () => {
  const both = Buffer.concat([readFileSync(first), readFileSync(second)]);
  const { rows, summary } = await imported(both);
  assert.equal(sorted([...rows]), expected);
  assert.equal(summary.unused, { [undone]: 6 });
  // The other way round nothing was written before the start, and step 4 is there twice.
  const turned = Buffer.concat([readFileSync(second), readFileSync(first)]);
  assert.equal((await imported(turned, { repeated: "last" })).rows.length, 18);
});

test("a restart takes nothing back of another directory, nor of other files beside it", async () => {
  const home = scratch();
  for (const rank of [0, 1]) mkdirSync(join(home, `rank_${rank}`));
  const files = [join(home, "rank_0", "1.tfevents"), join(home, "rank_1", "2.tfevents")];
  copyFileSync(first, files[0]!);
  copyFileSync(second, files[1]!);
  const { summary } = await importedFiles(files);
  assert.equal([summary.rows, summary.unused], [20, {}]);
  const table = join(home, "rank_1", "1.csv");
  writeFileSync(table, "step,site,amax\n3,other/input,1\n");
  assert.is((await importedFiles([table, files[1]!])).summary.rows, 11);
});

test("a value that is there twice is told with the places where it counts", async () => {
  const home = scratch();
  const files = ["1.tfevents", "2.tfevents", "3.tfevents"].map((name) => join(home, name));
  copyFileSync(first, files[0]!);
  copyFileSync(second, files[1]!);
  // Steps 0 to 4 again, without a restart: the first three are equal.
  copyFileSync(first, files[2]!);
  const sentence = await refusalOfFiles([home]);
  assert.match(
    sentence.replaceAll("FILE/", ""),
    /^2\.tfevents, record \d+ and 3\.tfevents, record \d+: min -4\.5 and -4\.25 of conv1\/input at step 4, /,
  );
});

test.run();
