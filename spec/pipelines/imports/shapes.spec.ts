/** @file Shapes of tables and logs beside a row for each tensor: a row for each step, histograms in columns, directories of TensorBoard. */
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  Field,
  Float64,
  Int32,
  List,
  Table,
  tableToIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from "apache-arrow";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { imported, importedFiles, refusal, refusalOfFiles, shortly } from "./imported.ts";

const test = suite("shapes of tables");

const golden = "spec/golden/statistics";

/** What `shapes/wide` and the texts below hold. */
const wideRows = [
  [0, "conv1.input", "activation", -1.25, 2.5],
  [0, "fc.weight", "weight", -0.5, 0.5],
  [1, "fc.weight", "weight", -0.25, 0.25],
  [2, "conv1.input", "activation", -0.1, 0.1],
  [2, "fc.weight", "weight", -0.125, 0.125],
];

const wideCsv =
  "epoch,conv1.input.min,conv1.input.max,fc.weight/amax,loss\n0,-1.25,2.5,0.5,3\n1,,,0.25,2\n2,-0.1,0.1,0.125,1\n";

/** Rows of a step in the order of their sites' names, which differs where a file comes by column. */
const sorted = (rows: readonly (readonly unknown[])[]) =>
  [...rows].sort((a, b) => Number(a[0]) - Number(b[0]) || (String(a[1]) < String(b[1]) ? -1 : 1));

test("a row for each step, with columns that say site and statistic, has a row for each site that it says something of", async () => {
  const objects = wideCsv
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","))
    .flatMap((cells, i, [names]) =>
      i === 0
        ? []
        : [Object.fromEntries(cells.flatMap((cell, j) => (cell === "" ? [] : [[names![j], Number(cell)]])))],
    );
  for (const one of [
    await imported(wideCsv),
    await imported(objects.map((object) => `${JSON.stringify(object)}\n`).join("")),
    await importedFiles([join(golden, "shapes/wide.parquet")]),
    await importedFiles([join(golden, "shapes/wide.arrow")]),
  ]) {
    const { format } = one.summary.files[0]!;
    assert.equal(sorted(one.rows.map(shortly)), wideRows, format);
    assert.equal([one.summary.unused, one.summary.withoutEnds], [{ loss: 3 }, 0], format);
    assert.is(one.summary.epochs.length, 1, format);
    assert.is(one.rows[1]?.foreign?.known, "amax", format);
  }
});

test("what a line says of itself is said of all its rows, and numbers are as exact as they were printed", async () => {
  const { rows } = await imported(
    "step,rank,a.input.min,a.input.max,b.input.min,b.input.max\n4,2,-1.50,2.50,-3.50,4.50\n4,3,-1.50,2.50,-3.50,4.50\n",
  );
  assert.equal(
    rows.map(({ step, site, stat: { max }, foreign }) => [step, site, max, foreign?.minError]),
    [
      [4, "rank2/a.input", 2.5, 0.005],
      [4, "rank2/b.input", 4.5, 0.005],
      [4, "rank3/a.input", 2.5, 0.005],
      [4, "rank3/b.input", 4.5, 0.005],
    ],
  );
});

test("names of TransformerEngine say the formats of their scales in such a table, too", async () => {
  const { rows } = await imported("step,fc_activation_scale_inv_max,fc_gradient_scale_inv_max\n1,0.5,0.25\n");
  assert.equal(
    rows.map(({ stat: { max } }) => max),
    [0.5 * 448, 0.25 * 57344],
  );
});

test("a long table has no sites of its columns, and two columns of one statistic are refused", async () => {
  const { rows, summary } = await imported("step,site,amax,b.input.max\n0,a/input,1,2\n");
  assert.equal([rows.map(({ site }) => site), summary.unused], [["a/input"], { "b.input.max": 1 }]);
  assert.is(
    await refusal("step,a.input.min,a.input.minimum\n0,1,2\n"),
    "FILE: columns a.input.min and a.input.minimum, both of which may be the min of a.input, expected one of them; leave one of them out.",
  );
  assert.is(
    await refusal("step,site,max,max\n0,a/input,1,2\n"),
    "FILE: columns max and max, both of which may be the max, expected one of them; give them different names.",
  );
  assert.match(
    await refusal("step,loss\n0,1\n"),
    /^FILE: columns "step", "loss", expected step, site and a statistic, .+; or step and columns of such names; name them/,
  );
  assert.is(
    await refusal('{"step": 0, "a/input/amax": 1}\n{"a/input/amax": 1}\n'),
    "FILE, line 2: no step, expected a step, and scalars such as conv1/input/min.",
  );
});

test("epochs are steps where there is nothing else, which is told; a column that --column names goes first", async () => {
  const table = "epoch,site,amax\n3,a/input,1\n";
  const { rows, summary } = await imported(table);
  assert.equal([rows[0]?.step, summary.epochs], [3, ["theirs.txt"]]);
  const lines = await imported('{"epoch": 3, "site": "a/input", "amax": 1}\n');
  assert.equal([lines.rows[0]?.step, lines.summary.epochs], [3, ["theirs.txt"]]);
  const both = await imported("epoch,iter,site,amax\n3,30,a/input,1\n");
  assert.equal([both.rows[0]?.step, both.summary.epochs, both.summary.unused], [30, [], { epoch: 1 }]);
  const named = await imported("epoch,n,site,amax\n3,30,a/input,1\n", { columns: { step: "n" } });
  assert.equal([named.rows[0]?.step, named.summary.epochs], [30, []]);
});

test("a statistic in a column and by name in one row is refused, and in several rows taken from both", async () => {
  const head = "step,site,min,stat,value\n";
  assert.is(
    await refusal(`${head}0,a/input,-1,max,2\n1,a/input,-1,min,-3\n`),
    'FILE, line 3: min in a column and by the name "min", expected one value; leave one of both columns out, or import a table without it.',
  );
  assert.match(
    await refusal('{"step": 0, "site": "a/input", "amax": 1, "stat": "amax", "value": 2}\n'),
    /^FILE, line 1: amax in a column and by the name "amax", expected one value/,
  );
  const { rows } = await imported(`${head}0,a/input,-1,max,2\n1,a/input,,min,-3\n1,a/input,,max,4\n`);
  assert.equal(rows.map(shortly), [
    [0, "a/input", "activation", -1, 2],
    [1, "a/input", "activation", -3, 4],
  ]);
});

test("histograms in columns of lists give ends, and elements in bins of ours", async () => {
  for (const name of ["lists", "largeLists", "fixedLists"])
    for (const ending of ["arrow", "parquet"]) {
      const { rows, summary } = await importedFiles([join(golden, "shapes", `${name}.${ending}`)]);
      assert.equal(
        rows.map((row) => [...shortly(row), row.foreign?.known]),
        [
          [0, "fc/gradient", "gradient", -1, 2, "histogram"],
          [1, "fc/gradient", "gradient", -7, 7, "amax"],
          [2, "fc/gradient", "gradient", 0, 4, "histogram"],
        ],
        `${name}.${ending}`,
      );
      assert.equal([summary.histograms, summary.unused], [2, {}]);
      const { values, counts } = rows[0]!.histogram!;
      const below = values.reduce((sum, value, i) => sum + (value < 0 ? counts![i]! : 0), 0);
      assert.equal([below, counts!.reduce((sum, count) => sum + count)], [3, 8]);
    }
});

test("compressed batches of Arrow are unpacked, also columns of several blocks that refer to each other", async () => {
  for (const codec of ["lz4", "zstd"]) {
    const { rows } = await importedFiles([join(golden, "shapes", `${codec}.arrow`)]);
    assert.is(rows.length, 9000, codec);
    assert.ok(
      rows.every(
        ({ step, site, stat: { max } }, i) => step === i && site === "a/input" && max === ((i % 7) + 1) / 4,
      ),
      codec,
    );
  }
});

test("tables of polars are read, whose texts are views and whose files have no schema but in their footer", async () => {
  for (const name of ["polars.arrow", "polarsOld.arrow", "polars.parquet"]) {
    const { rows, summary } = await importedFiles([join(golden, "shapes", name)]);
    assert.equal(
      rows.map(shortly),
      [
        [0, "a/input", "activation", -1, 2],
        [1, "a/very/long/name/gradient", "gradient", 0, 2],
      ],
      name,
    );
    assert.is(summary.histograms, 2, name);
  }
});

test("histograms of TensorFlow 2 are those of the tensor of their name; without elements they say nothing", async () => {
  const { rows, summary } = await importedFiles([join(golden, "buckets.tfevents")]);
  assert.equal(rows.map(shortly), [
    [0, "gradients/fc.weight", "gradient", -2, 3],
    [1, "gradients/fc.weight", "gradient", 0.125, 0.125],
  ]);
  assert.equal(
    rows[0]?.histogram?.counts?.reduce((sum, count) => sum + count),
    6,
  );
  assert.equal([summary.histograms, summary.withoutEnds, summary.unused], [2, 1, {}]);
});

/** A directory with event files at some paths. */
const logs = (...paths: readonly string[]): string => {
  const dir = join(scratch(), "logs");
  for (const path of paths) {
    mkdirSync(join(dir, path), { recursive: true });
    copyFileSync(
      join(golden, "buckets.tfevents"),
      join(dir, path, "events.out.tfevents.1700000000.host.1.0"),
    );
  }
  return dir;
};

test("a directory of TensorBoard stands for the event files of its run", async () => {
  const whole = await importedFiles([join(golden, "buckets.tfevents")]);
  const below = logs("train");
  writeFileSync(join(below, "config.json"), "{}");
  writeFileSync(join(below, "train", "events.out.tfevents.1700000001.host.profile-empty"), "");
  const one = await importedFiles([below]);
  assert.equal(one.rows.map(shortly), whole.rows.map(shortly));
  assert.equal(one.summary.passedOver, []);
  const own = await importedFiles([logs(".", "a", "b/c")]);
  assert.equal(own.rows.map(shortly), whole.rows.map(shortly));
  assert.equal(own.summary.passedOver, [join("logs", "a"), join("logs", "b", "c")]);
  const linked = join(scratch(), "linked");
  mkdirSync(linked);
  symlinkSync(join(below, "train"), join(linked, "run"));
  symlinkSync(linked, join(linked, "circle"));
  assert.equal((await importedFiles([linked])).rows.map(shortly), whole.rows.map(shortly));
});

test("a directory of several runs, or of none, is refused with what to name", async () => {
  const several = logs("train", "validation");
  assert.is(
    await refusalOfFiles([several]),
    `FILE: event files of 2 runs (train, validation), expected those of one run, since a recording is one; name one of them, such as FILE/train.`,
  );
  const none = scratch();
  assert.is(
    await refusalOfFiles([none]),
    "FILE: a directory without event files of TensorBoard, expected files with statistics, or a directory of TensorBoard; name the files: FILE/*.",
  );
});

test("bins and counts that are no histogram are refused with their row", async () => {
  const edges = [
    [0, 1],
    [0, 1],
  ];
  const list = (values: readonly (readonly number[])[]) =>
    vectorFromArray(values, new List(new Field("item", new Float64(), true)));
  const columns = (bins: Vector, counts: Vector) => ({
    ...{
      step: vectorFromArray([0, 1], new Int32()),
      site: vectorFromArray(["a/input", "a/input"], new Utf8()),
    },
    ...{ bins, counts },
  });
  const table = (counts: readonly (readonly number[])[]) =>
    tableToIPC(new Table(columns(list(edges), list(counts))), "file");
  const { summary } = await imported(table([[1], [2]]));
  assert.equal([summary.histograms, summary.files[0]?.values], [1, 2]);
  assert.is(
    await refusal(table([[1], [2, 3]])),
    "FILE, row 2: bins and counts that do not form a histogram, expected rising edges, one more than there are counts, and whole counts.",
  );
  const words = vectorFromArray(["x", "y"], new Utf8());
  const texts = tableToIPC(new Table(columns(words, words)), "file");
  assert.match(await refusal(texts), /^FILE, column bins: type Utf8, expected lists of numbers\.$/);
});

test.run();
