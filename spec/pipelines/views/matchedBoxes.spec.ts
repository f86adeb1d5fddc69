/** @file Which boxes that were found are right: the surest first, one for each box that is there, and of its class. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Box } from "../../../core/boxes.ts";
import { matchedBoxes } from "../../../pipelines/views/matchedBoxes.ts";

const test = suite("views/matchedBoxes");

const there = (box: Box, label = 0) => ({ label, box });
const found = (box: Box, label = 0) => ({ label, box, score: 0.5 });

test("a box is right with half of the overlap, and wrong below, beside another class, and where there is nothing", () => {
  const truth = [there([0, 0, 4, 1])];
  // Two of four pixels, and one of them.
  assert.equal(matchedBoxes({ truth, found: [found([0, 0, 2, 1])] }), [0]);
  assert.equal(matchedBoxes({ truth, found: [found([0, 0, 1, 1])] }), [undefined]);
  assert.equal(matchedBoxes({ truth, found: [found([0, 0, 4, 1], 1)] }), [undefined]);
  assert.equal(matchedBoxes({ truth: [], found: [found([0, 0, 4, 1])] }), [undefined]);
  assert.equal(matchedBoxes({ truth, found: [] }), []);
});

test("each box that is there is found once, by the surest; a second one may find another that it overlaps less", () => {
  const truth = [there([0, 0, 10, 1]), there([0, 0, 8, 1])];
  const twice = [found([0, 0, 10, 1]), found([0, 0, 10, 1]), found([0, 0, 10, 1])];
  assert.equal(matchedBoxes({ truth, found: twice }), [0, 1, undefined]);
});

test("of several it takes the one that it overlaps most", () => {
  const truth = [there([0, 0, 6, 1]), there([0, 0, 9, 1])];
  assert.equal(matchedBoxes({ truth, found: [found([0, 0, 10, 1]), found([0, 0, 6, 1])] }), [1, 0]);
});

test.run();
