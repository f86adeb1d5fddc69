/** @file Recordings: what is recorded comes back to the bit, whatever happened to the process; what changed is found. */
import fs, { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { RecordBatchStreamWriter, tableFromArrays } from "apache-arrow";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { projectionText } from "../../../pipelines/files/projectionText.ts";
import { readRecording } from "../../../pipelines/files/recording.ts";
import { createSegment } from "../../../pipelines/files/segment.ts";
import { record, recorderIn, rowsOfSteps } from "./recordedRows.ts";
import { python, scratch, sentenceOf } from "./scratch.ts";

const test = suite("recording");

const rowsIn = (dir: string) => [...readRecording(dir).rows()];

/** A row as text in which -0, NaN and the infinities differ. */
const bits = (value: unknown): string =>
  JSON.stringify(value, (_, v) =>
    typeof v === "number" && (!Number.isFinite(v) || Object.is(v, -0))
      ? `#${Object.is(v, -0) ? "-0" : v}`
      : v,
  );

const sameRows = (dir: string, expected: readonly unknown[]): void =>
  assert.is(bits(rowsIn(dir)), bits(expected));

/** Does `act` on a disk that takes so many bytes more, and refuses in the middle of what comes then. */
const withRoomFor = <A>(room: number, act: () => A): A => {
  const { writeSync } = fs;
  let left = room;
  const limited = (fd: number, bytes: Uint8Array, offset: number): number => {
    if (left === 0) throw Object.assign(new Error("ENOSPC: no space"), { code: "ENOSPC" });
    const n = Math.min(left, bytes.length - offset);
    left -= n;
    return writeSync(fd, bytes, offset, n);
  };
  Object.assign(fs, { writeSync: limited });
  syncBuiltinESMExports();
  try {
    return act();
  } finally {
    Object.assign(fs, { writeSync });
    syncBuiltinESMExports();
  }
};

test("rows come back in order and to the bit, with NaN, infinities, -0 and sites that appear late", () => {
  const dir = scratch();
  const rows = rowsOfSteps(0, 30);
  record(dir, rows);
  sameRows(dir, rows);
  assert.is(readRecording(dir).runId, "run-1");
});

test("the columns hold the same as the rows, batch by batch", () => {
  const dir = scratch();
  const rows = rowsOfSteps(0, 30);
  record(dir, rows);
  let at = 0;
  for (const { rows: n, site, hi, clipped } of readRecording(dir).batches())
    for (let i = 0; i < n; i++, at++) {
      assert.is(site.texts[site.index[i]!], rows[at]!.site);
      assert.is(hi[i], rows[at]!.range.hi);
      assert.is(clipped[i], rows[at]!.clipped);
    }
  assert.is(at, rows.length);
});

test("rows are on disk after a flush, after a full batch, and after a second on the clock if others follow", () => {
  const dir = scratch();
  let clock = 5000;
  const rows = rowsOfSteps(0, 10);
  const recording = recorderIn(dir, { now: () => clock });
  const count = (): number => rowsIn(dir).length;
  for (const row of rows.slice(0, 9)) recording.append(row);
  assert.is(count(), 0);
  recording.append(rows[9]!);
  assert.is(count(), 10);
  recording.append(rows[10]!);
  recording.flush();
  assert.is(count(), 11);
  clock += 999;
  recording.append(rows[11]!);
  assert.is(count(), 11);
  clock += 1;
  recording.append(rows[12]!);
  assert.is(count(), 13);
  recording.close();
  recording.close();
  assert.is(count(), 13);
});

test("after a crash everything up to the last whole batch is read, wherever the files were cut", () => {
  const dir = scratch();
  const rows = rowsOfSteps(0, 12);
  const recording = recorderIn(dir, { rowsPerBatch: 8 });
  for (const row of rows) recording.append(row);
  const data = join(dir, "000000.arrows");
  const sums = join(dir, "000000.sums");
  const bytes = readFileSync(data);
  const lines = readFileSync(sums);
  const ends = lines
    .toString()
    .trim()
    .split("\n")
    .map((line) => Number(line.slice(0, 12)) + Number(line.slice(13, 23)));
  const check = (wholeBatches: number): void => {
    if (wholeBatches < 0)
      assert.match(
        sentenceOf(() => rowsIn(dir)),
        /no segment|segments without a complete piece/,
      );
    else sameRows(dir, rows.slice(0, 8 * wholeBatches));
  };
  for (let length = 0; length <= bytes.length; length += 37) {
    writeFileSync(data, bytes.subarray(0, length));
    check(ends.filter((end) => end <= length).length - 1);
  }
  writeFileSync(data, bytes);
  for (let length = 0; length <= lines.length; length += 7) {
    writeFileSync(sums, lines.subarray(0, length));
    check(Math.floor(length / 50) - 1);
  }
  writeFileSync(sums, lines);
  recording.close();
});

test("a byte that changed is found and its file named, wherever it is", () => {
  const dir = scratch();
  record(dir, rowsOfSteps(0, 12));
  for (const name of ["000000.arrows", "000000.sums"]) {
    const path = join(dir, name);
    const whole = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = Uint8Array.from(whole);
        bytes[at]! ^= flip;
        writeFileSync(path, bytes);
        assert.ok(sentenceOf(() => rowsIn(dir)).startsWith(path));
      }),
      { numRuns: 150, seed: 2 },
    );
    writeFileSync(path, whole);
  }
});

test("each process writes a segment of its own, and where a resumed one repeats steps, its rows count", () => {
  const dir = scratch();
  record(dir, rowsOfSteps(0, 10));
  record(dir, rowsOfSteps(6, 14, 100), { firstStep: 6 });
  record(dir, rowsOfSteps(8, 9, 200), { firstStep: 8 });
  assert.equal(readdirSync(dir).filter((name) => name.endsWith(".arrows")).length, 3);
  sameRows(dir, [...rowsOfSteps(0, 6), ...rowsOfSteps(6, 8, 100), ...rowsOfSteps(8, 9, 200)]);
});

test("another run, a missing file, or no recording at all is one sentence", () => {
  const dir = scratch();
  record(dir, rowsOfSteps(0, 3));
  assert.match(
    sentenceOf(() => recorderIn(dir, { runId: "run-2" })),
    /the recording of run run-1, expected none, or that of run run-2/,
  );
  const other = scratch();
  record(other, rowsOfSteps(0, 3), { runId: "run-2" });
  for (const kind of ["arrows", "sums"])
    writeFileSync(join(dir, `000001.${kind}`), readFileSync(join(other, `000000.${kind}`)));
  assert.match(
    sentenceOf(() => readRecording(dir)),
    /segments of runs run-1 and run-2/,
  );
  rmSync(join(dir, "000001.sums"));
  assert.match(
    sentenceOf(() => readRecording(dir)),
    /000001.sums: no such file/,
  );
  rmSync(join(dir, "000001.arrows"));
  assert.is(rowsIn(dir).length, 9);
  rmSync(join(dir, "000000.arrows"));
  assert.match(
    sentenceOf(() => readRecording(dir)),
    /000000.arrows: no such file/,
  );
  assert.match(
    sentenceOf(() => readRecording(scratch())),
    /no segment/,
  );
  assert.match(
    sentenceOf(() => readRecording(join(dir, "none"))),
    /none: no such file or directory/,
  );
});

test("another schema version, another Arrow stream, and what is no Arrow stream each have their sentence", () => {
  const foreign = (bytes: Uint8Array): string => {
    const dir = scratch();
    const segment = createSegment({ data: join(dir, "000000.arrows"), sums: join(dir, "000000.sums") });
    segment.append(bytes);
    segment.close();
    return sentenceOf(() => rowsIn(dir));
  };
  const table = tableFromArrays({ x: Float64Array.of(1) });
  const stream = (metadata: Record<string, string>): Uint8Array => {
    for (const [name, text] of Object.entries(metadata)) table.schema.metadata.set(name, text);
    return RecordBatchStreamWriter.writeAll(table).toUint8Array(true);
  };
  assert.match(foreign(Buffer.from("hello, this is no Arrow stream")), /not an Arrow stream/);
  assert.match(foreign(stream({})), /without a schema version, expected version 5/);
  assert.match(foreign(stream({ schemaVersion: "1" })), /schema version 1, expected version 5; read it with/);
  assert.match(foreign(stream({ schemaVersion: "5" })), /without run id/);
  assert.match(foreign(stream({ runId: "r", firstStep: "0" })), /column step that is missing/);
});

test("a place that cannot be written is one sentence before the run", () => {
  const file = join(scratch(), "a file");
  writeFileSync(file, "");
  assert.match(
    sentenceOf(() => recorderIn(join(file, "run"))),
    /cannot be written/,
  );
  assert.match(
    sentenceOf(() => recorderIn(file)),
    /a file: cannot be written/,
  );
});

test("a disk that fills up ends the run with one sentence, each time it is asked, and leaves only whole batches", () => {
  const rows = rowsOfSteps(0, 9);
  const whole = scratch();
  record(whole, rows.slice(0, 20));
  const lines = readFileSync(join(whole, "000000.sums"), "latin1").split("\n");
  const batch = Number(lines[2]!.slice(13, 23));
  for (const room of [0, 1, batch - 1, batch, batch + 20]) {
    const dir = scratch();
    const recording = recorderIn(dir);
    for (const row of rows.slice(0, 19)) recording.append(row);
    const size = readFileSync(join(dir, "000000.arrows")).length;
    const full = withRoomFor(room, () => [
      sentenceOf(() => recording.append(rows[19]!)),
      sentenceOf(() => recording.append(rows[20]!)),
      sentenceOf(() => recording.flush()),
    ]);
    recording.close();
    assert.match(full[0]!, /000000.arrows: cannot be written \(no space left on the disk\)/);
    assert.is(new Set(full).size, 1);
    assert.is(readFileSync(join(dir, "000000.arrows")).length, size);
    assert.is(readFileSync(join(dir, "000000.sums")).length % 50, 0);
    sameRows(dir, rows.slice(0, 10));
  }
});

test("a row after the end is a mistake of ours", () => {
  const recording = recorderIn(scratch());
  recording.close();
  assert.throws(() => recording.append(rowsOfSteps(0, 1)[0]!), /^internal: recorder: a row after the end/);
});

test("a step that goes back is a mistake of ours", () => {
  const recording = recorderIn(scratch(), { firstStep: 4 });
  assert.throws(() => recording.append(rowsOfSteps(3, 4)[0]!), /^internal: recorder: step 3 of block0/);
  recording.close();
});

const pyarrow = python("import pyarrow");

(pyarrow === undefined ? test.skip : test)(
  "pyarrow reads the same, also without the end mark (skipped where it is not installed)",
  () => {
    const dir = scratch();
    const rows = rowsOfSteps(0, 12);
    const recording = recorderIn(dir, { rowsPerBatch: 5 });
    for (const row of rows) recording.append(row);
    recording.flush();
    const program = `import sys, struct, pyarrow as pa
stream = pa.ipc.open_stream(sys.argv[1])
print(stream.schema.metadata[b"runId"].decode())
for r in stream.read_all().to_pylist():
    print(r["step"], r["site"], r["role"], r["estimator"], r["verdict"], r["count"], r["nonFinite"], r["clipped"], r["isStatic"],
          r["bits"], r["scheme"], r["projection"].replace(" ", ""),
          *(struct.pack("<d", r[name]).hex() for name in ("min", "max", "lo", "hi")))`;
    const hex = (x: number): string => Buffer.from(Float64Array.of(x).buffer).toString("hex");
    const lines = rows.map(({ step, site, role, estimator, verdict, stat, clipped, isStatic, range }) =>
      [step, site, role, estimator, verdict, stat.count, stat.nonFinite, clipped, isStatic ? "True" : "False"]
        .concat([
          stat.facts?.bits ?? 0,
          stat.facts?.scheme ?? "affine",
          projectionText(stat.facts?.projection),
        ])
        .concat([stat.min, stat.max, range.lo, range.hi].map(hex))
        .join(" "),
    );
    assert.equal(python(program, join(dir, "000000.arrows"))?.trim().split("\n"), ["run-1", ...lines]);
    recording.close();
  },
);

test.run();
