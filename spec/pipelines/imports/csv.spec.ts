/** @file Tables as text: wide and long ones, in the ways in which people write them, and one sentence for what is none. */
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { imported, refusal, shortly } from "./imported.ts";

const test = suite("csv");

const wide = "step,site,min,max\n0,conv1/input,-1,2.5\n0,conv1/weight,-0.5,0.25\n1,conv1/input,-3,1e-3\n";
const wideRows = [
  [0, "conv1/input", "activation", -1, 2.5],
  [0, "conv1/weight", "weight", -0.5, 0.25],
  [1, "conv1/input", "activation", -3, 0.001],
];

test("a wide table has a row for each tensor; its numbers are those that are written", async () => {
  const { rows, summary } = await imported(wide);
  assert.equal(rows.map(shortly), wideRows);
  assert.equal(rows[0]?.foreign, { known: "minMax", minError: 0, maxError: 0, coldStart: false });
  assert.is(rows[0]?.verdict, "observed");
  assert.equal(summary.sites, { weight: 1, activation: 1, gradient: 0 });
  assert.equal([summary.rows, summary.firstStep, summary.lastStep, summary.files[0]?.values], [3, 0, 1, 6]);
});

test("a long table has a row for each number, in any order within a step", async () => {
  const { rows } = await imported(
    "step,site,stat,value\n0,conv1/input,min,-1\n0,conv1/weight,max,0.25\n0,conv1/input,max,2.5\n0,conv1/weight,min,-0.5\n1,conv1/input,max,1e-3\n1,conv1/input,min,-3\n",
  );
  assert.equal(rows.map(shortly), wideRows);
});

test("the same table with semicolons and decimal commas, tabs, quotes, CRLF, a byte order mark, spaces or gzip is the same", async () => {
  const written = [
    wide.replaceAll(".", "§").replaceAll(",", ";").replaceAll("§", ","),
    wide.replaceAll(",", "\t"),
    wide.replaceAll(".", "§").replaceAll(",", "\t").replaceAll("§", ","),
    wide.replaceAll(/[^,\n]+/g, '"$&"'),
    wide.replaceAll("\n", "\r\n"),
    `\uFEFF${wide}`,
    wide.replaceAll(",", " , "),
    wide.trimEnd(),
    wide.replaceAll("\n", "\n\n"),
    gzipSync(wide),
    Buffer.concat([gzipSync(wide.slice(0, 30)), gzipSync(wide.slice(30))]),
  ];
  for (const text of written) assert.equal((await imported(text)).rows.map(shortly), wideRows, String(text));
});

test("cold starts are told in the words that people and programs write, and other ones refused", async () => {
  const told = ["true", "True", "TRUE", "t", "yes", "1", "1.0", "false", "F", "no", "0", "0.0", "null", ""];
  const text = `step,site,min,max,cold_start\n${told.map((one, i) => `${i},a/input,-1,1,${one}\n`).join("")}`;
  const { rows } = await imported(text);
  assert.equal(
    rows.map(({ foreign }) => foreign?.coldStart),
    told.map((_, i) => i < 7),
  );
  assert.match(
    await refusal("step,site,min,max,cold_start\n0,a/input,-1,1,maybe\n"),
    /, line 2: maybe as cold_start, expected true or false, yes or no, 1 or 0\.$/,
  );
});

test("rows out of order are sorted by step, and keep their order within one", async () => {
  const [head, ...lines] = wide.trimEnd().split("\n");
  const { rows } = await imported([head, lines[2], lines[0], lines[1]].join("\n"));
  assert.equal(rows.map(shortly), wideRows);
});

test("what steps out of order say of one tensor is joined, also at steps above 65535", async () => {
  const { rows } = await imported(
    "step,site,stat,value\n70000,a/input,min,-1\n2,a/input,min,-2\n70000,a/input,max,1\n2,a/input,max,2\n4464,a/input,amax,9\n",
  );
  assert.equal(rows.map(shortly), [
    [2, "a/input", "activation", -2, 2],
    [4464, "a/input", "activation", -9, 9],
    [70000, "a/input", "activation", -1, 1],
  ]);
});

test("columns that nothing uses are counted and named; empty cells say nothing", async () => {
  const { rows, summary } = await imported(
    ",iter,tensor,host,min,max,mean,lr\n0,0,a/input,h1,-1,1,0.5,0.1\n1,1,a/input,h1,-2,2,,0.1\n",
  );
  assert.equal(summary.unused, { "a column without a name": 2, host: 2, lr: 2 });
  assert.equal(
    rows.map(({ measured }) => measured),
    [{ mean: [0.5] }, undefined],
  );
});

test("columns of other names are named: what would mean the same otherwise is not used", async () => {
  const { rows, summary } = await imported("step,epoch,name,a,b\n7,0,x/input,-1,2\n7,1,x/input,-3,4\n", {
    columns: { step: "epoch", min: "a", max: "b" },
  });
  assert.equal(rows.map(shortly), [
    [0, "x/input", "activation", -1, 2],
    [1, "x/input", "activation", -3, 4],
  ]);
  assert.equal(summary.unused, { step: 2 });
});

test("what cannot be read is refused in one sentence that names the line", async () => {
  const head = "step,site,min,max\n";
  const damaged = gzipSync(wide);
  damaged.fill(7, damaged.length - 8, damaged.length - 4);
  for (const [text, sentence] of [
    ["", /^FILE: an empty file, expected a file with statistics\.$/],
    ["a,b\n1,2\n", /^FILE: contents of no format that an import knows, expected one of /],
    [
      "step,min,max\n0,1,2\n",
      /^FILE: columns "step", "min", "max", expected step, site and a statistic.*--column/,
    ],
    [
      "step,iter,site,min,max\n",
      /^FILE: columns step and iter, both of which may be the step, expected one of them/,
    ],
    [
      `${head}0,a/input,1\n`,
      /^FILE, line 2: 3 cells, expected 4, as the first line has; the file may be truncated\.$/,
    ],
    [`${head}0,a/input,0,5,1,5\n`, /^FILE, line 2: 6 cells, expected 4.*semicolons\.$/],
    [`${head}0,a/input,low,2\n`, /^FILE, line 2: "low" as min, expected a number/],
    [
      `${head}0,a/input,"0,5","1,5"\n`,
      /^FILE, line 2: "0,5" as min, expected a number; with decimal commas, separate/,
    ],
    [`${head}0,"a/input,1,2\n`, /^FILE, line 2: a quote that is not closed/],
    [`${head}0.5,a/input,1,2\n`, /^FILE, line 2: step 0\.5, expected a whole number from 0 to 4294967295\.$/],
    [`${head}-1,a/input,1,2\n`, /^FILE, line 2: step -1, expected/],
    [`${head},a/input,1,2\n`, /^FILE, line 2: no step, expected/],
    [`${head}0,,1,2\n`, /^FILE, line 2: no site, expected the name of a tensor\.$/],
    [
      `${head}0,a/input,1,2\n1,a/input,3,2\n`,
      /^FILE, line 3: min 3 above max 2 of a\/input at step 1, expected a min/,
    ],
    [
      `${head}0,a/input,1,\n`,
      /^FILE, line 2: min without max of a\/input at step 0, expected both ends, or amax\.$/,
    ],
    [
      "step;site;min;max\n0;a/input;0,5;1.5\n",
      /^FILE, line 2: decimals with a point, where line 2 has a comma, expected/,
    ],
    ["step;site;min;max\n0;a/input;1.234,5;2\n", /^FILE, line 2: "1\.234,5" as min, expected a number/],
    ["step,site,amax\n0,a/input,-1\n", /^FILE, line 2: amax -1, expected a number that is not negative\.$/],
    [
      "step,site,scale\n0,a/input,0.1\n",
      /^a\/input: a scale of an unknown number format, expected .*--number-format/,
    ],
    ["step,site,mean\n0,a/input,0.1\n", /^\S*FILE: no tensor with min and max, amax, a scale/],
    ["step,site,min,max\n", /^\S*FILE: no tensor with min and max/],
    [
      Buffer.from(`${head}0,a/input,1,2\n0,\xe9/input,1,2\n0,\xe8/input,3,4\n`, "latin1"),
      /^FILE, line 3: bytes that are not UTF-8, expected a text in UTF-8; if it is Latin-1, convert it with iconv -f LATIN1/,
    ],
    [
      wide.replaceAll("\n", "\r"),
      /^FILE: lines that end with CR alone, expected LF or CR LF; convert them with tr '\\r' '\\n'\.$/,
    ],
    [
      Buffer.from(`\uFEFF${wide}`, "utf16le"),
      /^FILE: a text in UTF-16, expected UTF-8; convert it with iconv/,
    ],
    [
      gzipSync(wide).subarray(0, -9),
      /^FILE: a gzip file that is cut or damaged \(unexpected end of file\), expected/,
    ],
    [damaged, /^FILE: a gzip file that is cut or damaged \(incorrect data check\), expected/],
  ] as const)
    assert.match(await refusal(text), sentence, String(text));
});

test("any byte of a text may be another one: it is read or refused, and nothing else", async () => {
  const te = "2026-01-15 23:04:33,107 - INFO - a_weight_cur_amax  iteration=000001  value=0.5000\n";
  const json = '{"step": 1, "site": "a/input", "bins": [0, 1], "counts": [2], "min": 0.0, "max": 1e0}\n';
  const wandb = '{"_step": 1, "a/input/amax": 2, "a.grad": {"bins": [0, 1], "values": [2]}}\n';
  for (const text of [wide, te.repeat(2), json, wandb])
    for (let at = 0; at < text.length; at += 3)
      for (const mask of [0x02, 0x41]) {
        const bytes = Buffer.from(text);
        bytes[at]! ^= mask;
        try {
          await imported(bytes);
        } catch (error) {
          assert.is((error as Error).name, "RangeflowFailure", `${bytes}: ${(error as Error).stack}`);
        }
      }
});

test("a last line without a line end is told, since its last number may be cut", async () => {
  assert.equal((await imported(wide)).summary.unended, []);
  assert.equal((await imported(wide.trimEnd())).summary.unended, ["theirs.txt"]);
  assert.equal((await imported(gzipSync(wide.trimEnd()))).summary.unended, ["theirs.txt"]);
});

test("a mean that was printed as -0.0000 is 0, and no text", async () => {
  const { rows } = await imported("step,site,amax,mean\n0,a/input,1,-0.0000\n");
  assert.ok(Object.is(rows[0]?.measured?.mean?.[0], 0));
});

test("a number format is said of scales only", async () =>
  assert.match(
    await refusal(wide, { numberFormat: "int8" }),
    /^--number-format has no effect on files without scales; leave it out\.$/,
  ));

test("a column that --column names has to be there, and its meaning to be one", async () => {
  assert.match(
    await refusal(wide, { columns: { step: "epoch" } }),
    /^--column: no column "epoch" in FILE, expected one of step, site, min, max\.$/,
  );
  assert.match(
    await refusal(wide, { columns: { steps: "step" } }),
    /^--column: the meaning "steps", expected step\.$/,
  );
});

test.run();
