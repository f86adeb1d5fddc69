/** @file Recordings and logs that another process writes, followed: every row and line once, and anew where a run goes back. */
import {
  appendFileSync,
  closeSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RangeSeen } from "../../../core/signal.ts";
import { truncateEventLog } from "../../../pipelines/files/eventLog.ts";
import { followLog } from "../../../pipelines/files/followLog.ts";
import { followRecording } from "../../../pipelines/files/followRecording.ts";
import { readRecording } from "../../../pipelines/files/recording.ts";
import { rowAt } from "../../../pipelines/files/recordingSchema.ts";
import { truncateRecording } from "../../../pipelines/files/truncateRecording.ts";
import { record, recorderIn, rowsOfSteps } from "./recordedRows.ts";
import { scratch, sentenceOf } from "./scratch.ts";

const test = suite("follow");

/** Someone who follows a recording, and begins anew when told to. */
const followed = (dir: string) => {
  let follower = followRecording(dir);
  let rows: RangeSeen[] = [];
  let beginnings = 1;
  const read = (): boolean =>
    follower.read((columns) => {
      for (let i = 0; i < columns.rows; i++) rows.push(rowAt(columns, i));
    });
  return {
    read: (): readonly RangeSeen[] => {
      if (!read()) {
        [follower, rows] = [followRecording(dir), []];
        beginnings++;
        read();
      }
      return rows;
    },
    beginnings: () => beginnings,
  };
};

test("rows come as they are written, each once, whatever sites join in and however often one looks", () => {
  const dir = join(scratch(), "ranges");
  const follower = followed(dir);
  assert.equal(follower.read(), [], "there is no directory yet");
  const recording = recorderIn(dir, { rowsPerBatch: 3 });
  assert.equal(follower.read(), []);
  const rows = rowsOfSteps(0, 40);
  rows.forEach((row, i) => {
    recording.append(row);
    if (i % 7 === 0) {
      const whole = 3 * Math.floor((i + 1) / 3);
      assert.equal(follower.read(), rows.slice(0, whole));
    }
  });
  recording.close();
  assert.equal(follower.read(), rows);
  assert.equal(follower.read(), rows);
  assert.is(follower.beginnings(), 1);
});

test("a piece is read once: what was followed may be damaged afterwards, what comes is checked", () => {
  const dir = scratch();
  const recording = recorderIn(dir, { rowsPerBatch: 4 });
  const rows = rowsOfSteps(0, 12);
  for (const row of rows.slice(0, 8)) recording.append(row);
  const follower = followed(dir);
  assert.equal(follower.read(), rows.slice(0, 8));
  const data = join(dir, "000000.arrows");
  const before = statSync(data).size;
  const damage = (at: number): void => {
    const file = openSync(data, "r+");
    writeSync(file, Buffer.from([1, 2, 3]), 0, 3, at);
    closeSync(file);
  };
  damage(before - 200);
  for (const row of rows.slice(8, 16)) recording.append(row);
  assert.equal(follower.read(), rows.slice(0, 16));
  const middle = statSync(data).size;
  for (const row of rows.slice(16, 24)) recording.append(row);
  damage(statSync(data).size - 100);
  assert.match(sentenceOf(follower.read), /do not match their checksum/);
  assert.match(sentenceOf(follower.read), /do not match their checksum/);
  assert.ok(middle > before);
});

test("a run that is resumed behind all it has recorded goes on; one that goes back is read anew", () => {
  const dir = scratch();
  record(dir, rowsOfSteps(0, 5));
  const follower = followed(dir);
  assert.equal(follower.read(), rowsOfSteps(0, 5));
  record(dir, rowsOfSteps(5, 9, 100), { firstStep: 5 });
  assert.equal(follower.read(), [...rowsOfSteps(0, 5), ...rowsOfSteps(5, 9, 100)]);
  assert.is(follower.beginnings(), 1);
  record(dir, rowsOfSteps(7, 8, 200), { firstStep: 7 });
  const counting = [...rowsOfSteps(0, 5), ...rowsOfSteps(5, 7, 100), ...rowsOfSteps(7, 8, 200)];
  assert.equal(follower.read(), counting);
  assert.equal(follower.read(), [...readRecording(dir).rows()]);
  assert.is(follower.beginnings(), 2);
  truncateRecording(dir, 6);
  assert.equal(follower.read(), [...rowsOfSteps(0, 5), ...rowsOfSteps(5, 6, 100)]);
  assert.is(follower.beginnings(), 3);
});

test("a recording that is deleted, and written anew under the same names, is read anew", () => {
  const dir = join(scratch(), "ranges");
  record(dir, rowsOfSteps(0, 5));
  const follower = followed(dir);
  assert.is(follower.read().length, rowsOfSteps(0, 5).length);
  rmSync(dir, { recursive: true });
  record(dir, rowsOfSteps(0, 6, 7));
  assert.equal(follower.read(), rowsOfSteps(0, 6, 7));
});

test("segments of two runs in one directory end in a sentence", () => {
  const [dir, other] = [scratch(), scratch()];
  record(dir, rowsOfSteps(0, 2));
  record(other, rowsOfSteps(0, 2), { runId: "run-2" });
  for (const ending of ["sums", "arrows"])
    renameSync(join(other, `000000.${ending}`), join(dir, `000001.${ending}`));
  assert.match(sentenceOf(followed(dir).read), /segments of runs run-1 and run-2, expected those of one run/);
});

test("lines come as they are written whole, each once", () => {
  const path = join(scratch(), "events.jsonl");
  const { read } = followLog(path);
  assert.equal(read(), [], "there is no file yet");
  writeFileSync(path, '{"a":1}\n{"a":"größer"');
  assert.equal(read(), [{ a: 1 }]);
  assert.equal(read(), []);
  appendFileSync(path, '}\n{"a":3}\n{');
  assert.equal(read(), [{ a: "größer" }, { a: 3 }]);
  appendFileSync(path, "\n");
  assert.match(sentenceOf(read), /line 4, which is not a JSON object/);
});

test("a log that is cut back, deleted or exchanged is followed anew", () => {
  const path = join(scratch(), "events.jsonl");
  const write = (): ReturnType<typeof followLog> => {
    writeFileSync(path, '{"step":1}\n{"step":2}\n');
    const follower = followLog(path);
    assert.equal(follower.read(), [{ step: 1 }, { step: 2 }]);
    return follower;
  };
  const cut = write();
  truncateEventLog(path, ({ step }) => Number(step) < 2);
  assert.is(cut.read(), undefined);
  const shorter = write();
  writeFileSync(path, '{"step":1}\n');
  assert.is(shorter.read(), undefined);
  const gone = write();
  rmSync(path);
  assert.is(gone.read(), undefined);
});

test.run();
