/** @file What a page holds and draws of a recording is what pyarrow and numpy make of the same files. */
import { parseHTML } from "linkedom";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { key, uniform } from "../../../core/random.ts";
import { writeLongRun } from "../../../pipelines/bench/longRun.ts";
import { middleOf } from "../../../pipelines/charts/chart.ts";
import { siteRanges } from "../../../pipelines/charts/siteRanges.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { rangesIn } from "../../../pipelines/runs/runDirectory.ts";
import type { RunView } from "../../../pipelines/views/runView.ts";
import { record, rowsOfSteps } from "../files/recordedRows.ts";
import { python, scratch } from "../files/scratch.ts";

const test = suite("pyarrowOracle");

/** Columns that have to be the same to the bit. */
const names = [
  ...["rows", "statics", "faults", "min", "max", "loLeast", "loGreatest", "hiLeast", "hiGreatest"],
  ...["clipped", "elements", "clippedWorst", "nonFinite", "bytesMoved", "bytesSaved"],
] as const;

/** Prints, for each site and bucket of steps, the numbers as JSON has them; fmin and fmax take NaN for no number. */
const program = `
import glob, json, sys
import numpy as np, pyarrow as pa
tables = [pa.ipc.open_stream(file).read_all() for file in sorted(glob.glob(sys.argv[1] + "/*.arrows"))]
width = int(sys.argv[2])
table = pa.concat_tables([t.select(["step", "site", "verdict", "min", "max", "lo", "hi", "count", "nonFinite", "clipped",
  "isStatic", "bytesMoved", "bytesSaved"]) for t in tables])
site = np.array([str(s) for s in table["site"].to_pylist()])
verdict = np.array([str(s) for s in table["verdict"].to_pylist()])
column = {name: np.array(table[name].to_pylist()) for name in table.column_names if name not in ("site", "verdict")}
out = {}
for name in dict.fromkeys(site):
    own = np.flatnonzero(site == name)
    step = column["step"][own]
    assert (np.diff(step) > 0).all()
    bucket = step // width
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    of = {k: v[own].astype(np.float64) for k, v in column.items()}
    seen = verdict[own] == "observed"
    total = lambda x: np.add.reduceat(x.astype(np.float64), starts)
    least = lambda x: np.fmin.reduceat(x, starts)
    greatest = lambda x: np.fmax.reduceat(x, starts)
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = [total(np.ones(len(own))), total(of["isStatic"]), total(~seen),
          least(np.where(seen, of["min"], np.nan)), greatest(np.where(seen, of["max"], np.nan)),
          least(of["lo"]), greatest(of["lo"]), least(of["hi"]), greatest(of["hi"]),
          total(of["clipped"]), total(of["count"]), greatest(of["clipped"] / of["count"]), total(of["nonFinite"]),
          total(of["bytesMoved"]), total(of["bytesSaved"])]
    out[name] = {"buckets": bucket[starts].tolist(), "columns": [[float(x).hex() for x in c] for c in columns]}
print(json.dumps(out))
`;

type Oracle = Readonly<
  Record<string, { readonly buckets: readonly number[]; readonly columns: readonly (readonly string[])[] }>
>;

/** The number that Python's \`float.hex\` writes. */
const fromHex = (text: string): number => {
  if (text === "nan") return Number.NaN;
  if (text.endsWith("inf")) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const [, sign, whole, fraction = "", power] = /^(-?)0x(\d)\.?([0-9a-f]*)p([+-]\d+)$/.exec(text)!;
  const digits = Number(`0x${whole}${fraction}`);
  const least = Number(power) - 4 * fraction.length;
  // Two steps, since 2 ** least may be too small for a number where the product is not.
  return (sign ? -1 : 1) * (digits * 2 ** Math.trunc(least / 2) * 2 ** (least - Math.trunc(least / 2)));
};

const oracleOf = (view: RunView, ranges: string): Oracle =>
  JSON.parse(python(program, ranges, String(view.width))!);

const checkColumns = (view: RunView, oracle: Oracle): void => {
  assert.equal(
    view.sites.map(({ site }) => site),
    Object.keys(oracle),
  );
  for (const { site, columns } of view.sites) {
    const { buckets, columns: expected } = oracle[site]!;
    for (const [c, name] of names.entries())
      for (const [i, bucket] of buckets.entries()) {
        const [held, read] = [columns[name][bucket]!, fromHex(expected[c]![i]!)];
        assert.ok(
          held === read || (Number.isNaN(held) && Number.isNaN(read)),
          `${site}, ${name} of bucket ${bucket}: ${held}, read ${read}`,
        );
      }
  }
};

/** Corners of all that is drawn, by their rounded place from left to right. */
const cornersOf = (chart: Element): ReadonlyMap<number, readonly number[]> => {
  const corners = new Map<number, number[]>();
  for (const path of chart.querySelectorAll("path"))
    for (const [, x, y] of (path.getAttribute("d") ?? "").matchAll(/(-?[\d.]+),(-?[\d.]+)/g))
      corners.set(Math.round(Number(x) * 100), [
        ...(corners.get(Math.round(Number(x) * 100)) ?? []),
        Number(y),
      ]);
  return corners;
};

const only = python("import numpy, pyarrow") === undefined ? test.skip : test;

only("a recording of odd numbers, in four sites over many buckets (skipped without pyarrow)", () => {
  const ranges = scratch();
  record(ranges, rowsOfSteps(0, 2500), { rowsPerBatch: 1000 });
  const view = readRunView(ranges);
  assert.is(view.width, 4);
  checkColumns(view, oracleOf(view, ranges));
});

only("a long run: every envelope, and 1000 random points of what is drawn (skipped without pyarrow)", () => {
  const dir = scratch();
  writeLongRun(dir, { sites: 12, steps: 3000, now: () => 0 });
  const view = readRunView(dir);
  const oracle = oracleOf(view, rangesIn(dir));
  checkColumns(view, oracle);
  const { document } = parseHTML("<html></html>");
  const charts = view.sites.map((site) => {
    const chart = siteRanges(view, site, { document: document as unknown as Document, width: 1600 });
    return { site: site.site, chart, corners: cornersOf(chart) };
  });
  const drawn = ["min", "max", "loLeast", "loGreatest", "hiLeast", "hiGreatest"] as const;
  const chosen = key(9);
  for (let i = 0; i < 1000; i++) {
    const pick = (j: number, from: number): number => Math.floor(from * uniform(chosen, 3 * i + j));
    const { site, chart, corners } = charts[pick(0, charts.length)]!;
    const { buckets, columns } = oracle[site]!;
    const [at, name] = [pick(1, buckets.length), drawn[pick(2, drawn.length)]!];
    const value = fromHex(columns[names.indexOf(name)]![at]!);
    const x = chart.scale("x")!.apply(middleOf(view, buckets[at]!)) as number;
    const y = chart.scale("y")!.apply(value) as number;
    const near = [-1, 0, 1].flatMap((by) => corners.get(Math.round(x * 100) + by) ?? []);
    assert.ok(
      near.some((one) => Math.abs(one - y) < 0.002),
      `${site}, ${name} of bucket ${buckets[at]}: ${value} is drawn at none of ${near}`,
    );
  }
});

test.run();
