/** @file JSON lines and histories of Weights & Biases: what their keys say, numbers as they were printed, histograms. */
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { imported, refusal, shortly } from "./imported.ts";

const test = suite("json lines");

const lines = (...rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

const expected = [
  [0, "conv1/input", "activation", -1, 2.5],
  [0, "conv1/weight", "weight", -0.5, 0.25],
  [1, "conv1/input", "activation", -3, 0.001],
];

test("an object a line, wide or long, has the meaning of a table's row", async () => {
  const wide = lines(
    { step: 0, site: "conv1/input", min: -1, max: 2.5 },
    { max: 0.25, min: -0.5, site: "conv1/weight", step: 0 },
    { step: 1, site: "conv1/input", min: "-3", max: 1e-3 },
  );
  const long = lines(
    { iteration: 0, name: "conv1/input", stat: "min", value: -1 },
    { iteration: 0, name: "conv1/input", stat: "max", value: 2.5 },
    { iteration: 0, name: "conv1/weight", stat: "min", value: -0.5 },
    { iteration: 0, name: "conv1/weight", stat: "max", value: 0.25 },
    { iteration: 1, name: "conv1/input", stat: "min", value: -3 },
    { iteration: 1, name: "conv1/input", stat: "max", value: 0.001 },
  );
  for (const text of [wide, long, gzipSync(wide), `\uFEFF${wide}`, wide.replaceAll("\n", "\r\n"), ` ${wide}`])
    assert.equal((await imported(text)).rows.map(shortly), expected, String(text));
});

test("cold starts are truths, numbers and texts", async () => {
  const told = [true, "True", 1, "1.0", "yes", false, "False", 0, null];
  const { rows } = await imported(
    lines(...told.map((cold_start, step) => ({ step, site: "a/input", min: -1, max: 1, cold_start }))),
  );
  assert.equal(
    rows.map(({ foreign }) => foreign?.coldStart),
    told.map((_, i) => i < 5),
  );
  assert.match(
    await refusal(lines({ step: 0, site: "a/input", min: -1, max: 1, cold_start: "maybe" })),
    /, line 1: maybe as cold_start, expected true or false/,
  );
});

test("a log may begin with lines that say nothing of a site", async () => {
  const before = [{ step: 0, loss: 2.3 }, { note: "begins" }];
  const { rows, summary } = await imported(
    lines(...before.slice(0, 1), { step: 1, "conv1/input/min": -1, "conv1/input/max": 2, loss: 1 }),
  );
  assert.equal(rows.map(shortly), [[1, "conv1/input", "activation", -1, 2]]);
  assert.equal(summary.unused, { loss: 2 });
  assert.match(await refusal(lines(...before)), /line 1: .*no site/);
});

test("escapes in names, null and nested values are understood; keys that nothing uses are counted", async () => {
  const { rows, summary } = await imported(
    '{"step": 0, "site": "a\\u002finput", "amax": 2, "host": {"name": "x}\\""}, "lr": 0.1, "mean": null}\n',
  );
  assert.equal(rows.map(shortly), [[0, "a/input", "activation", -2, 2]]);
  assert.equal(summary.unused, { host: 1, lr: 1 });
});

test("NaN and infinities, as texts or as Python writes them, make a tensor that is not finite", async () => {
  const { rows, summary } = await imported(
    [
      '{"step": 0, "site": "a/input", "min": NaN, "max": 2}',
      '{"step": 1, "site": "a/input", "min": "-Infinity", "max": 2}',
      '{"step": 2, "site": "a/input", "min": -Infinity, "max": Infinity}',
      '{"step": 3, "site": "a/input", "min": -1, "max": 2, "nonFinite": 3, "count": 10}',
      '{"step": 4, "site": "a/input", "min": 0, "max": 0.0}',
    ].join("\n"),
  );
  assert.equal(
    rows.map(({ verdict }) => verdict),
    ["nonFinite", "nonFinite", "nonFinite", "nonFinite", "zero"],
  );
  assert.equal(shortly(rows[1]!).slice(3), [Number.NaN, 2]);
  assert.equal([rows[3]?.stat.count, rows[3]?.stat.nonFinite], [10, 3]);
  assert.is(summary.nonFinite, 4);
});

test("a histogram gives ends, and elements in bins of ours", async () => {
  const { rows, summary } = await imported(
    lines({ step: 0, site: "a/input", bins: [-1, 0, 1.0625, 4], counts: [3, 0, 2] }),
  );
  const [row] = rows;
  assert.equal(shortly(row!), [0, "a/input", "activation", -1, 4]);
  assert.is(row?.foreign?.known, "histogram");
  const { values, counts } = row!.histogram!;
  assert.equal([values[0], values.at(-1)], [-1, 4]);
  assert.is(
    counts?.reduce((sum, count) => sum + count),
    5,
  );
  assert.is(summary.histograms, 1);
});

test("elements that cannot be are refused: more that are not finite than there are, a histogram of others", async () => {
  const row = { step: 0, site: "a/input", min: -1, max: 1 };
  assert.is(
    await refusal(lines({ ...row, count: 10, nonFinite: 20 })),
    "FILE, line 1: nonFinite 20 above count 10 of a/input at step 0, expected a part of the elements.",
  );
  const binned = { step: 0, site: "a/input", bins: [-1, 0, 1], counts: [3, 4] };
  assert.is(
    await refusal(lines({ ...binned, count: 100 })),
    "FILE, line 1: count 100 with a histogram of 7 elements of a/input at step 0, expected a histogram of all elements that are finite.",
  );
  for (const facts of [{ count: 7 }, { count: 9, nonFinite: 2 }])
    assert.is((await imported(lines({ ...binned, ...facts }))).summary.histograms, 1);
  const { summary } = await imported(lines({ ...row, count: 0 }));
  assert.is(summary.empty, 1);
});

test("a histogram whose first bin is empty was not printed as 0", async () => {
  const { rows, summary } = await imported(
    lines({ step: 0, site: "a/input", bins: [-1, 0, 1], counts: [0, 4] }),
  );
  assert.equal(
    [summary.lost, rows[0]?.stat.min, rows[0]?.foreign?.minError, rows[0]?.stat.max],
    [0, 0.5, 0.5, 0.5],
  );
});

test("a history of Weights & Biases has scalars and histograms by name, packed ones, too", async () => {
  const { rows, summary } = await imported(
    lines(
      {
        _step: 0,
        _runtime: 12.5,
        "train/loss": 2.3,
        "conv1/input/min": -1,
        "conv1/input/max": 2.5,
        "gradients/conv1.weight": { _type: "histogram", bins: [-1, 0, 1], values: [1, 3] },
      },
      {
        "conv1/input/max": "Infinity",
        "conv1/input/min": 0,
        "gradients/conv1.weight": {
          _type: "histogram",
          packedBins: { min: -2, size: 1, count: 4 },
          values: [1, 0, 0, 1],
        },
        _step: 1,
      },
    ),
  );
  assert.equal(rows.map(shortly), [
    [0, "conv1/input", "activation", -1, 2.5],
    [0, "gradients/conv1.weight", "gradient", -1, 1],
    [1, "conv1/input", "activation", 0, Number.NaN],
    [1, "gradients/conv1.weight", "gradient", -2, 2],
  ]);
  assert.equal(summary.files[0]?.format, "wandb");
  assert.equal(summary.unused, { _runtime: 1, "train/loss": 1 });
});

test("names of a history may have escapes", async () => {
  const { rows } = await imported('{"_step": 0, "caf\\u00e9/input/amax": 1}\n');
  assert.is(rows[0]?.site, "café/input");
});

test("what is no JSON, or lacks what it needs, is refused in one sentence that names the line", async () => {
  const good = '{"step": 0, "site": "a/input", "amax": 2}\n';
  for (const [text, sentence] of [
    [
      `${good}{"step": 0, "site"`,
      /^FILE, line 2: a name without a value, expected a JSON object; the file may be truncated\.$/,
    ],
    [`${good}{"step": 0, "site": "a`, /^FILE, line 2: a text that does not end, expected/],
    [`${good}{"step": 1,}\n`, /^FILE, line 2: a field without a name in quotes, expected/],
    [`${good}{"step": 1} {}\n`, /^FILE, line 2: something behind the object, expected/],
    [`${good}[1, 2]\n`, /^FILE, line 2: no object, expected a JSON object/],
    [
      `${good}{"site": "a/input", "amax": 2}\n`,
      /^FILE, line 2: no step, expected step, site and a statistic.*--column/,
    ],
    [
      `${good}{"step": 1, "site": "a/input", "amax": "high"}\n`,
      /^FILE, line 2: high as amax, expected a number\.$/,
    ],
    [
      `${good}{"step": 1, "site": "a/input", "amax": [1]}\n`,
      /^FILE, line 2: \[1\] as amax, expected a number\.$/,
    ],
    [
      `${good}{"step": 1, "iter": 1, "site": "a/input"}\n`,
      /^FILE, line 2: two keys for step, expected one of them/,
    ],
    [
      `${good}{"step": 1, "site": "a/input", "min": -1, "minimum": -2, "max": 1}\n`,
      /^FILE, line 2: two keys for min, expected one of them; choose one with --column min=KEY\.$/,
    ],
    [
      `${good}{"step": 1, "site": "a/input", "min": -1, "max": 1, "min": -2}\n`,
      /^FILE, line 2: two keys for min, expected one of them/,
    ],
    [
      `${good}{"step": 1, "site": "\\ud800/input", "amax": 1}\n`,
      /^FILE, line 2: "\uFFFD\/input" as site, expected a text in UTF-8\.$/,
    ],
    [`${good}{"step": 1, "site": 7, "amax": 1}\n`, /^FILE, line 2: 7 as site, expected a text\.$/],
    [
      `${good}{"step": 1, "site": "a/input", "bins": [0, 1], "counts": [0.5]}\n`,
      /^FILE, line 2: bins and counts that do not form a histogram, expected rising edges/,
    ],
    ['{"_step": 0, "a/input/amax": 1}\n{"a/input/amax": 1}\n', /^FILE, line 2: no _step, expected/],
    ['[{"step": 0}]\n', /^FILE: contents of no format/],
  ] as const)
    assert.match(await refusal(text), sentence, text);
  assert.match(
    await refusal(good, { columns: { min: "lowest" } }),
    /^--column: no key "lowest" in FILE, expected one of step, site, amax\.$/,
  );
  assert.match(
    await refusal('{"_step": 0, "a/input/amax": 1}\n', { columns: { step: "_step" } }),
    /^--column requires a table or JSON lines, but FILE is of the format wandb; leave it out\.$/,
  );
});

test.run();
