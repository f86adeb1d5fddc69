/** @file Foreign recordings: what is known comes back to the bit, what is not is null in the file, and the reader says so. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { histogram } from "../../../core/histogram.ts";
import type { RangeSeen } from "../../../core/signal.ts";
import { type ForeignRows, foreignRecorder } from "../../../pipelines/files/foreignRecorder.ts";
import { importInfoIn } from "../../../pipelines/files/importInfo.ts";
import { readRecording } from "../../../pipelines/files/recording.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { foreignColumns, recordForeign } from "./foreignRows.ts";
import { record, rowsOfSteps } from "./recordedRows.ts";
import { python, scratch, sentenceOf } from "./scratch.ts";

const test = suite("foreignRecorder");

const rowsIn = (run: string): readonly RangeSeen[] => [...recordingOf(run).rows()];

test("a row comes back with what is known of it, and as unknown where nothing was said", () => {
  const run = scratch();
  const rows = [
    { step: 0, site: "fc1/gradient", known: "scale", min: -1, max: 1, coldStart: true },
    { step: 10, site: "fc1/gradient", known: "scale", min: -0.25, max: 0.25, error: 0.001 },
    { step: 10, site: "fc1/weight", role: "weight", known: "moments", bits: 4 },
    { step: 11, site: "fc1/weight", role: "weight", min: -0.1, max: -0 },
  ] as const;
  recordForeign(run, foreignColumns(rows.slice(0, 2)), foreignColumns(rows.slice(2)));
  const [cold, printed, moments, exact] = rowsIn(run);
  assert.equal(cold!.foreign, { known: "scale", minError: 0, maxError: 0, coldStart: true });
  assert.equal(printed!.foreign, { known: "scale", minError: 0.001, maxError: 0.001, coldStart: false });
  assert.equal(
    { step: printed!.step, site: printed!.site, role: printed!.role, verdict: printed!.verdict },
    { step: 10, site: "fc1/gradient", role: "gradient", verdict: "observed" },
  );
  assert.equal(printed!.stat, { min: -0.25, max: 0.25, count: 0, nonFinite: 0 });
  assert.equal(printed!.range, { lo: Number.NaN, hi: Number.NaN });
  assert.is(printed!.estimator, "");
  assert.is(moments!.foreign!.known, "moments");
  assert.ok(Number.isNaN(moments!.stat.min) && Number.isNaN(moments!.stat.max));
  assert.equal(moments!.stat.facts, { bits: 4, scheme: "affine" });
  assert.is(exact!.foreign!.known, "minMax");
  assert.ok(Object.is(exact!.stat.max, -0));
  assert.equal(importInfoIn(run), { format: "spec", rows: 4, sites: 2 });
});

test("measurements and histograms answer what estimators ask, and ranks are kept", () => {
  const run = scratch();
  const sample = histogram({ values: Float32Array.of(-2, 0.5, 0.5, 3) });
  const columns: ForeignRows = {
    ...foreignColumns([
      { step: 0, site: "rank1/a", min: -2, max: 3 },
      { step: 1, site: "rank1/a", min: -2, max: 3 },
    ]),
    rank: Int32Array.of(1, -1),
    measured: [{ mean: [0.5], std: [Number.NaN] }, undefined],
    histogram: [undefined, sample],
  };
  recordForeign(run, columns);
  const [first, second] = rowsIn(run);
  assert.is(first!.foreign!.rank, 1);
  assert.not("rank" in second!.foreign!);
  assert.equal(
    first!.stat.measure!("mean", () => []),
    [0.5],
  );
  assert.equal(first!.measured, { mean: [0.5], std: [Number.NaN] });
  assert.equal(second!.histogram, sample);
});

test("a histogram tells the ends of its tensor and how many elements it has, where nothing else does", () => {
  const run = scratch();
  const sample = histogram({ values: Float32Array.of(-2, 0.5, 0.5, 3) });
  const columns = foreignColumns([
    { step: 0, site: "a", known: "histogram" },
    { step: 1, site: "a", min: -5, max: 5 },
  ]);
  recordForeign(run, { ...columns, histogram: [sample, sample] });
  assert.equal(
    rowsIn(run).map(({ stat: { min, max, count } }) => [min, max, count]),
    [
      [-2, 3, 4],
      [-5, 5, 4],
    ],
  );
});

test("verdicts are found from the statistic: an end that was printed as 0 is not 0, an exact one is", () => {
  const run = scratch();
  recordForeign(run, {
    ...foreignColumns([
      { step: 0, site: "a", min: 0, max: 0 },
      { step: 1, site: "a", min: 0, max: 0, error: 0.00005 },
      { step: 2, site: "a", min: -1, max: Number.POSITIVE_INFINITY },
      { step: 3, site: "a", min: -1, max: 1 },
      { step: 4, site: "a" },
    ]),
    nonFinite: Uint32Array.of(0, 0, 0, 2, 0),
    count: Uint32Array.of(8, 8, 8, 8, 8),
  });
  assert.equal(
    rowsIn(run).map(({ verdict }) => verdict),
    ["zero", "observed", "nonFinite", "nonFinite", "observed"],
  );
});

test("what is not known is null in the file, which any reader of Arrow sees", () => {
  const run = scratch();
  recordForeign(run, foreignColumns([{ step: 3, site: "a", min: -1, max: 1 }]));
  const table = tableFromIPC(readFileSync(join(run, "ranges/000000.arrows")));
  const row = table.get(0)!.toJSON();
  const unknown = Object.keys(row).filter((name) => row[name] === null);
  assert.equal(
    unknown.toSorted(),
    "bits bytesMoved bytesSaved clipped count estimator hi histogramCounts histogramValues isStatic known lo maxError measured minError nonFinite projection rank scheme".split(
      " ",
    ),
  );
  assert.is(table.schema.metadata.get("origin"), "foreign");
});

test("rows beyond one batch come back in order, with sites that appear late", () => {
  const run = scratch();
  const many = 70_000;
  const site = (step: number): string => (step < 66_000 ? `s${step % 3}` : `late${step % 2}`);
  recordForeign(
    run,
    foreignColumns(
      Array.from({ length: many }, (_, step) => ({ step, site: site(step), min: -step, max: step })),
    ),
  );
  let at = 0;
  for (const row of readRecording(join(run, "ranges")).rows()) {
    if (row.step !== at || row.site !== site(at) || row.stat.max !== at) assert.unreachable(`row ${at}`);
    at++;
  }
  assert.is(at, many);
});

test("what no foreign recording can say is refused while reading: bits of no grid, and half-widths below 0", () => {
  for (const [columns, sentence] of [
    [
      foreignColumns([{ step: 0, site: "a", min: 0, max: 1, bits: 16 }]),
      /column bits with 16, where grids have 2 to 8/,
    ],
    [
      foreignColumns([{ step: 0, site: "a", min: 0, max: 1, error: -1 }]),
      /column minError with -1, expected/,
    ],
  ] as const) {
    const run = scratch();
    recordForeign(run, columns);
    assert.match(
      sentenceOf(() => rowsIn(run)),
      sentence,
    );
  }
});

test("steps that fall are a mistake of whoever records, and nothing is left of what was discarded", () => {
  const run = scratch();
  const recorder = foreignRecorder({ dir: join(run, "ranges"), runId: "theirs" });
  recorder.append(foreignColumns([{ step: 5, site: "a", min: 0, max: 1 }]));
  assert.throws(
    () => recorder.append(foreignColumns([{ step: 4, site: "a", min: 0, max: 1 }])),
    /internal: foreignRecorder: step 4 after step 5/,
  );
  recorder.discard();
  assert.match(
    sentenceOf(() => readRecording(join(run, "ranges"))),
    /ranges: no such file or directory/,
  );
});

test("recordings of ours hold no nulls, and have nothing foreign", () => {
  const dir = scratch();
  record(dir, rowsOfSteps(0, 5));
  assert.ok([...readRecording(dir).rows()].every((row) => !("foreign" in row)));
});

/** Writes a stream as docs/foreign-recordings.md shows it; argv: directory, and whether it lies about being foreign. */
const pyarrowProgram = `
import hashlib, os, sys
import pyarrow as pa

run, origin = sys.argv[1], sys.argv[2]
text = pa.dictionary(pa.int32(), pa.utf8())
schema = pa.schema([
    pa.field("step", pa.uint32(), False), pa.field("site", text, False), pa.field("role", text, False),
    pa.field("verdict", text, False), ("min", pa.float64()), ("max", pa.float64()), ("known", text),
    ("coldStart", pa.bool_()), ("bits", pa.uint8()), ("measured", pa.utf8()),
    ("histogramValues", pa.list_(pa.float32())), ("histogramCounts", pa.list_(pa.uint32())),
], metadata={"schemaVersion": "5", "runId": "mine", "firstStep": "0", "origin": origin})
os.makedirs(run + "/ranges")

class Chunks:
    """A file that hands over what was written since the last time."""
    closed = False
    def __init__(self): self.parts, self.position = [], 0
    def write(self, part): self.parts.append(bytes(part)); self.position += len(part); return len(part)
    def tell(self): return self.position
    def writable(self): return True
    def readable(self): return False
    def seekable(self): return False
    def flush(self): pass
    def close(self): pass
    def take(self): chunk, self.parts = b"".join(self.parts), []; return chunk

chunks, offset = Chunks(), 0
writer = pa.ipc.new_stream(chunks, schema)

def flush(data, sums):
    global offset
    chunk = chunks.take()
    if not chunk: return
    data.write(chunk)
    line = f"{offset:012d} {len(chunk):010d} {hashlib.sha256(chunk).hexdigest()[:16]}"
    sums.write(f"{line} {hashlib.sha256(line.encode()).hexdigest()[:8]}\\n".encode())
    offset += len(chunk)

def batch(first, sites):
    n = len(sites)
    return pa.record_batch([
        pa.array(range(first, first + n), pa.uint32()), pa.array(sites).dictionary_encode(),
        pa.array(["gradient"] * n).dictionary_encode(), pa.array(["observed"] * n).dictionary_encode(),
        pa.array([-0.5] * n, pa.float64()), pa.array([None] * (n - 1) + [0.75], pa.float64()),
        pa.array(["amax"] * (n - 1) + [None]).dictionary_encode(),
        pa.array([True] + [None] * (n - 1)), pa.array([8] + [None] * (n - 1), pa.uint8()),
        pa.array(['{"mean":[0.5]}'] + [None] * (n - 1)),
        pa.array([[-0.5, 0.75]] + [None] * (n - 1), pa.list_(pa.float32())),
        pa.array([[1, 2]] + [None] * (n - 1), pa.list_(pa.uint32())),
    ], schema=schema)

with open(run + "/ranges/000000.arrows", "xb") as data, open(run + "/ranges/000000.sums", "xb") as sums:
    for first, sites in [(0, ["a", "b", "a"]), (3, ["b", "c"])]:
        writer.write_batch(batch(first, sites))
        flush(data, sums)
    writer.close()
    flush(data, sums)
print("written")
`;

test("pyarrow writes what we read, with nulls, columns left out and dictionaries that grow", () => {
  const run = join(scratch(), "run");
  if (python(pyarrowProgram, run, "foreign") === undefined) return;
  const rows = rowsIn(run);
  assert.equal(
    rows.map(({ site, step }) => `${step} ${site}`),
    ["0 a", "1 b", "2 a", "3 b", "4 c"],
  );
  assert.equal(
    rows.map(({ stat: { max } }) => max),
    [0.75, Number.NaN, 0.75, 0.75, 0.75],
  );
  assert.equal(rows[0]!.foreign, { known: "amax", minError: 0, maxError: 0, coldStart: true });
  assert.equal(rows[0]!.measured, { mean: [0.5] });
  assert.equal([...rows[3]!.histogram!.counts!], [1, 2]);
  assert.equal(rows[0]!.stat.facts, { bits: 8, scheme: "affine" });
  assert.is(rows[4]!.foreign!.known, "minMax");
  assert.not("facts" in rows[1]!.stat);
});

test("nulls and missing columns are refused in what does not say that it is foreign", () => {
  const run = join(scratch(), "run");
  if (python(pyarrowProgram, run, "ours") === undefined) return;
  assert.match(
    sentenceOf(() => rowsIn(run)),
    /000000\.arrows: column estimator that is missing or of another type, expected a recording of rangeflow\.$/,
  );
});

test.run();
