import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkPlace, noProgress } from "../../../pipelines/runs/savedProgress.ts";
import { sentenceOf } from "../files/scratch.ts";

const test = suite("place of a saved run in its timetable");

/** Epochs of 10 training batches, of one step each, and 3 test batches. */
const timetable = { trainBatches: 10, testBatches: 3, epochs: 2 };
const at = (index: number, step: number, evaluations: number): void =>
  checkPlace(
    "here",
    { step, progress: { ...noProgress, index, testScores: new Array(evaluations).fill(0.5) } },
    timetable,
  );

test("a run is at any batch, with the steps and evaluations that lie before it", () => {
  for (const [index, step, evaluations] of [
    [0, 0, 0],
    [7, 7, 0],
    [12, 10, 0],
    [13, 10, 1],
    [20, 17, 1],
    [26, 20, 2],
  ] as const)
    at(index, step, evaluations);
});

test("any other place is refused", () => {
  for (const [index, step, evaluations] of [
    [7, 8, 0],
    [13, 10, 0],
    [27, 20, 2],
    [-1, 0, 0],
    [1.5, 1, 0],
    [Number.NaN, 0, 0],
    [Number.POSITIVE_INFINITY, 20, 2],
  ] as const)
    assert.match(
      sentenceOf(() => at(index, step, evaluations)),
      /^here: batch \S+ after step \d+ and \d evaluations, expected a place in a run of 2 epochs of 10 steps/,
    );
});

test.run();
