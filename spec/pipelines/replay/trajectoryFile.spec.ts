/** @file Files of trajectories: lossless in every format, readable by others, and there as a whole or not at all. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RangeSeen } from "../../../core/signal.ts";
import { rangeError } from "../../../pipelines/replay/rangeError.ts";
import { replayStudy } from "../../../pipelines/replay/replayStudy.ts";
import { trajectoryFile } from "../../../pipelines/replay/trajectoryFile.ts";
import { floatText } from "../../../pipelines/replay/trajectoryText.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { heapUsed } from "../../support/heapUsed.ts";
import { python, scratch, sentenceOf } from "../files/scratch.ts";

const test = suite("trajectoryFile");

/** Ends that text and readers get wrong most easily: whole numbers first, then signed zero, subnormal, large, and long ones. */
const ends: readonly (readonly [min: number, max: number])[] = [
  [-1, 2],
  [-0, 3],
  [-5e-324, 1e-9],
  [-1e37, 1e22],
  [-0.1 - 0.2, 1 / 3],
  [-(2 ** 53), 1e-7],
];

const odd = 'a,b/"ünïcode ☃"/<b>&amp;</b>\n/gradient';
const sites = ["conv1/input", odd];

const rowAt = (site: string, step: number): RangeSeen => {
  const [min, max] = ends[step % ends.length]!;
  const facts = { bits: 8, scheme: "affine" } as const;
  return {
    ...{ _tag: "RangeSeen", site, role: "gradient", estimator: "own", verdict: "observed", step },
    ...{ stat: { min, max, count: 4, nonFinite: 0, facts }, range: { lo: min, hi: max } },
    ...{ isStatic: false, clipped: 0, bytesMoved: 0, bytesSaved: 0 },
  };
};

const estimators = [
  { name: "currentMinMax", estimator: currentMinMax() },
  { name: "inHindsight:decay=0", estimator: inHindsight({ decay: 0 }) },
];

/** What has to stand in a file, worked out row by row: the second estimator answers the ends of the tensor before. */
const expected = sites.flatMap((site) =>
  estimators.flatMap(({ name }, e) =>
    ends.map(([min, max], step) => {
      const [lo, hi] = e === 0 || step === 0 ? [min, max] : ends[step - 1]!;
      const error = rangeError(Math.min(min, 0), Math.max(max, 0), Math.min(lo, 0), Math.max(hi, 0));
      return {
        ...{ step, site, role: "gradient", estimator: name, min, max, lo, hi },
        ...{ isStatic: e === 1 && step > 0, error },
      };
    }),
  ),
);

const home = scratch();

const written = async (name: string, rows: Iterable<RangeSeen>): Promise<string> => {
  const path = join(home, name);
  const file = trajectoryFile(path);
  await replayStudy(rows, estimators, () => true, { open: file.open });
  file.close();
  return path;
};

function* recorded(steps: number): Generator<RangeSeen> {
  for (let step = 0; step < steps; step++) for (const site of sites) yield rowAt(site, step);
}

type Row = Readonly<Record<string, unknown>>;

/** Rows of CSV, in whose cells quotes are doubled and lines may break. */
const csvRows = (text: string): readonly Row[] => {
  const lines = [...text.matchAll(/(?:"(?:[^"]|"")*"|[^",\n]*)(?:,(?:"(?:[^"]|"")*"|[^",\n]*))*\n/g)].map(
    ([line]) =>
      [...line.slice(0, -1).matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
      ),
  );
  const [head, ...rows] = lines;
  return rows.map((cells) =>
    Object.fromEntries(
      head!.map((name, c) => {
        const text = cells[c]!;
        if (["site", "role", "estimator"].includes(name)) return [name, text];
        return [name, text === "true" || text === "false" ? text === "true" : Number(text)];
      }),
    ),
  );
};

const readers: Readonly<Record<string, (path: string) => readonly Row[]>> = {
  arrow: (path) =>
    tableFromIPC(readFileSync(path))
      .toArray()
      .map((row) => ({ ...row.toJSON() })),
  arrows: (path) =>
    tableFromIPC(readFileSync(path))
      .toArray()
      .map((row) => ({ ...row.toJSON() })),
  csv: (path) => csvRows(readFileSync(path, "utf8")),
  jsonl: (path) =>
    readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Row),
};

/** Compares rows to the bit; `clipped` is what other specs are about. */
const sameRows = (rows: readonly Row[]): void => {
  assert.is(rows.length, expected.length);
  for (const [i, row] of expected.entries())
    for (const [name, value] of Object.entries(row))
      assert.ok(Object.is(rows[i]![name], value), `row ${i}, ${name}: ${rows[i]![name]} for ${value}`);
};

for (const [ending, read] of Object.entries(readers))
  test(`.${ending} holds every range to the bit, signed zeros too, whatever sites are called`, async () => {
    const rows = read(await written(`rows.${ending}`, recorded(ends.length)));
    sameRows(rows);
    assert.equal(Object.keys(rows[0]!), [
      ...["step", "site", "role", "estimator", "min", "max", "lo", "hi", "isStatic", "clipped", "error"],
    ]);
    // [-1, 2] and then [-0, 3]: the range of the step before clips.
    assert.equal(
      rows
        .filter(({ site, estimator }) => site === odd && estimator !== "currentMinMax")
        .map(({ clipped }) => clipped),
      [false, true, false, true, false, true],
    );
  });

test("numbers of a text have a point or an exponent, so that nobody takes a column for integers", () => {
  const texts = [1, -0, 0, 0.1, 1e21, -1e-7, 123456789012345680000];
  assert.equal(texts.map(floatText), [
    "1.0",
    "-0.0",
    "0.0",
    "0.1",
    "1e+21",
    "-1e-7",
    "123456789012345680000.0",
  ]);
  for (const x of texts) assert.ok(Object.is(JSON.parse(floatText(x)), x));
});

const held = (): number => heapUsed() + process.memoryUsage().arrayBuffers;

test("rows are written while they come: memory does not grow with them", async () => {
  for (const ending of ["arrow", "csv"]) {
    const before = held();
    let most = 0;
    function* watched(): Generator<RangeSeen> {
      let i = 0;
      for (const row of recorded(25_000)) {
        if (++i % 10_000 === 0) most = Math.max(most, held());
        yield row;
      }
    }
    const path = await written(`many.${ending}`, watched());
    const { length } = readFileSync(path);
    assert.ok(length > 10e6, `${length} bytes of 100,000 rows`);
    assert.ok(most - before < 8e6, `${ending}: ${((most - before) / 1e6).toFixed(1)} MB`);
  }
});

test("a file has its name once it is whole; before, and after a failure, what was there stays", async () => {
  const dir = scratch();
  const path = join(dir, "t.csv");
  writeFileSync(path, "before");
  const file = trajectoryFile(path);
  const broken = { name: "broken", estimator: inHindsight({ decay: 0 }) };
  function* failing(): Generator<RangeSeen> {
    yield* recorded(2);
    throw new Error("no more");
  }
  try {
    await replayStudy(failing(), [broken], () => true, { open: file.open });
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, "no more");
  }
  assert.is(readFileSync(path, "utf8"), "before");
  file.discard();
  assert.equal(readdirSync(dir), ["t.csv"]);
  const empty = trajectoryFile(path);
  empty.close();
  assert.is(readFileSync(path, "utf8"), "step,site,role,estimator,min,max,lo,hi,isStatic,clipped,error\n");
});

test("another ending, and a place that cannot be written, are refused in a sentence", () => {
  assert.is(
    sentenceOf(() => trajectoryFile("ranges.txt")),
    "ranges.txt: a name that ends with .txt, expected one that ends with .arrow, .arrows, .csv or .jsonl.",
  );
  assert.match(
    sentenceOf(() => trajectoryFile("ranges")),
    /^ranges: a name without an ending, expected one /,
  );
  assert.match(
    sentenceOf(() => trajectoryFile("a.parquet")),
    /; write \.arrow, which polars and DuckDB turn into Parquet\.$/,
  );
  assert.match(
    sentenceOf(() => trajectoryFile(join(home, "none", "a.csv"))),
    /a\.csv: .+no such file or directory/,
  );
});

/** Lines of what Python prints; none where it is not there. */
const linesOf = (printed: string | undefined): readonly string[] => printed?.trim().split("\n") ?? [];

/** Those of the readers that are installed, which is found out without loading them. */
const installed = linesOf(
  python(
    "import sys, importlib.util as u\nfor x in sys.argv[1:]: u.find_spec(x) and print(x)",
    ...["pyarrow", "polars", "duckdb", "pandas"],
  ),
);

/** `lo` of every row, as Python writes its bits. */
const bits = linesOf(
  python(
    "import sys\nfor x in sys.argv[1:]: print(float(x).hex())",
    ...expected.map(({ lo }) => floatText(lo)),
  ),
);

/** `lo` of every row, as Python writes it. */
const inPython: readonly (readonly [reader: string, program: string])[] = [
  [
    "pyarrow",
    "import sys, pyarrow.ipc as i; t = i.open_file(sys.argv[1] + 'rows.arrow').read_all(); v = t['lo'].to_pylist()",
  ],
  [
    "pyarrow",
    "import sys, pyarrow.ipc as i; t = i.open_stream(sys.argv[1] + 'rows.arrows').read_all(); v = t['lo'].to_pylist()",
  ],
  ["polars", "import sys, polars as p; v = p.read_ipc(sys.argv[1] + 'rows.arrow')['lo'].to_list()"],
  ["polars", "import sys, polars as p; v = p.read_ipc_stream(sys.argv[1] + 'rows.arrows')['lo'].to_list()"],
  ["polars", "import sys, polars as p; v = p.read_csv(sys.argv[1] + 'rows.csv')['lo'].to_list()"],
  ["polars", "import sys, polars as p; v = p.read_ndjson(sys.argv[1] + 'rows.jsonl')['lo'].to_list()"],
  [
    "duckdb",
    "import sys, duckdb; v = [r[0] for r in duckdb.sql(f\"select lo from '{sys.argv[1]}rows.csv'\").fetchall()]",
  ],
  [
    "duckdb",
    "import sys, duckdb; v = [r[0] for r in duckdb.sql(f\"select lo from '{sys.argv[1]}rows.jsonl'\").fetchall()]",
  ],
  [
    "pandas",
    "import sys, pandas as p; v = p.read_csv(sys.argv[1] + 'rows.csv', float_precision='round_trip')['lo'].tolist()",
  ],
];

for (const [reader, program] of inPython) {
  const call = /(?:open_\w+|read_\w+|from '[^']*rows\.\w+)/.exec(program)![0];
  (installed.includes(reader) ? test : test.skip)(
    `${reader} reads the same numbers: ${call} (skipped where it is not installed)`,
    () => {
      assert.is(bits.length, expected.length);
      assert.equal(linesOf(python(`${program}\nfor x in v: print(x.hex())`, `${home}/`)), bits);
    },
  );
}

test.run();
