/** @file Recordings cut back to a step, also when the cutting itself is interrupted. */
import { copyFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readRecording } from "../../../pipelines/files/recording.ts";
import { truncateRecording } from "../../../pipelines/files/truncateRecording.ts";
import { record, recorderIn, rowsOfSteps } from "./recordedRows.ts";
import { scratch, sentenceOf } from "./scratch.ts";

const test = suite("truncateRecording");

const rowsIn = (dir: string) => [...readRecording(dir).rows()];

/** Three processes: steps 0 to 4, then 5 to 11 of which only those to 7 count, then 8 to 9. */
const resumedTwice = (): string => {
  const dir = scratch();
  record(dir, rowsOfSteps(0, 5));
  record(dir, rowsOfSteps(5, 12, 100), { firstStep: 5 });
  record(dir, rowsOfSteps(8, 10, 200), { firstStep: 8 });
  return dir;
};
const counting = [...rowsOfSteps(0, 5), ...rowsOfSteps(5, 8, 100), ...rowsOfSteps(8, 10, 200)];

test("the rows before the step stay as they were, and every file holds only such rows", () => {
  for (let step = 0; step <= 13; step++) {
    const dir = resumedTwice();
    truncateRecording(dir, step);
    const kept = counting.filter((row) => row.step < step);
    assert.equal(rowsIn(dir), kept, `step ${step}`);
    const files = readdirSync(dir);
    assert.ok(
      files.every((name) => /^\d{6}\.(arrows|sums)$/.test(name)),
      files.join(),
    );
    truncateRecording(dir, step);
    assert.equal(readdirSync(dir), files);
  }
});

test("a run goes on after the cut as if it had never been further", () => {
  const dir = resumedTwice();
  truncateRecording(dir, 6);
  record(dir, rowsOfSteps(6, 8, 300), { firstStep: 6 });
  assert.equal(rowsIn(dir), [...rowsOfSteps(0, 5), ...rowsOfSteps(5, 6, 100), ...rowsOfSteps(6, 8, 300)]);
});

test("a killed run's torn tail does not come along", () => {
  const dir = scratch();
  const killed = recorderIn(dir, { rowsPerBatch: 4 });
  for (const row of rowsOfSteps(0, 3)) killed.append(row);
  writeFileSync(join(dir, "000000.arrows"), "half a batch", { flag: "a" });
  truncateRecording(dir, 2);
  assert.equal(rowsIn(dir), rowsOfSteps(0, 2));
  assert.match(
    sentenceOf(() => killed.close()),
    /no longer there/,
  );
});

test("whatever an interrupted cut leaves, the rows that count can be read, and the next cut cleans up", () => {
  const old = resumedTwice();
  const cut = resumedTwice();
  truncateRecording(cut, 6);
  const into = (dir: string, name: string, as = name): void => copyFileSync(join(cut, name), join(dir, as));
  const states: readonly ((dir: string) => void)[] = [
    (dir) => writeFileSync(join(dir, "000003.sums.partial"), "half"),
    (dir) => {
      into(dir, "000003.sums", "000003.sums.partial");
      into(dir, "000003.arrows", "000003.arrows.partial");
    },
    (dir) => {
      into(dir, "000003.sums");
      into(dir, "000003.arrows", "000003.arrows.partial");
    },
    (dir) => {
      into(dir, "000003.sums");
      into(dir, "000003.arrows");
    },
    (dir) => {
      into(dir, "000003.sums");
      into(dir, "000003.arrows");
      renameSync(join(dir, "000001.arrows"), join(dir, "000001.arrows.partial"));
    },
  ];
  for (const [i, leave] of states.entries()) {
    const dir = scratch();
    for (const name of readdirSync(old)) copyFileSync(join(old, name), join(dir, name));
    leave(dir);
    const before = counting.filter((row) => row.step < 6);
    assert.equal(
      rowsIn(dir).filter((row) => row.step < 6),
      before,
      `state ${i}`,
    );
    truncateRecording(dir, 6);
    assert.equal(rowsIn(dir), before, `state ${i}, cut again`);
    assert.ok(readdirSync(dir).every((name) => !name.endsWith(".partial")));
  }
});

test("no directory is nothing to cut, a damaged recording is refused and stays as it is", () => {
  truncateRecording(join(scratch(), "none"), 3);
  const dir = scratch();
  record(dir, rowsOfSteps(0, 9));
  writeFileSync(join(dir, "000000.sums"), "x".repeat(100));
  assert.match(
    sentenceOf(() => truncateRecording(dir, 3)),
    /000000.sums: line 1 that does not match its checksum/,
  );
  assert.equal(readdirSync(dir), ["000000.arrows", "000000.sums"]);
});

test.run();
