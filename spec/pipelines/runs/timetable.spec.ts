import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchesIn, batchPlaceOf } from "../../../pipelines/runs/timetable.ts";

const test = suite("timetable");
const timetable = { trainBatches: 3, testBatches: 2, epochs: 2 };

test("each epoch trains on all batches and then evaluates on all test batches", () => {
  const moments = Array.from({ length: batchesIn(timetable) }, (_, i) => batchPlaceOf(timetable, i));
  assert.is(moments.map(({ training }) => (training ? "t" : "e")).join(""), "ttteettt" + "ee");
  assert.equal(
    moments.map(({ epoch }) => epoch),
    [0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
  );
  assert.equal(
    moments.map(({ position }) => position),
    [0, 1, 2, 0, 1, 0, 1, 2, 0, 1],
  );
});

test("steps count training batches only: evaluation stands after the last one", () => {
  const steps = Array.from({ length: batchesIn(timetable) }, (_, i) => batchPlaceOf(timetable, i).step);
  assert.equal(steps, [0, 1, 2, 3, 3, 3, 4, 5, 6, 6]);
});

test("one batch of each epoch is its last", () => {
  const last = Array.from({ length: 10 }, (_, i) => i).filter(
    (i) => batchPlaceOf(timetable, i).isLastOfEpoch,
  );
  assert.equal(last, [4, 9]);
});

test.run();
