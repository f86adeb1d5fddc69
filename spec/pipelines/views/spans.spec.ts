/** @file Epochs as spans of buckets. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { spansOf } from "../../../pipelines/views/spans.ts";
import { madeUp } from "../../support/runViews.ts";

const test = suite("views/spans");

test("epochs are spans of buckets, the one that goes on as well; those that share buckets are told together", () => {
  // 60 steps in 3 epochs, of a run that has gone on for 10 more.
  const run = { ...madeUp({ steps: 70 }), epochs: madeUp({ steps: 60 }).epochs };
  assert.equal(spansOf(run), [
    { name: "epoch 1", from: 0, to: 20 },
    { name: "epoch 2", from: 20, to: 40 },
    { name: "epoch 3", from: 40, to: 60 },
    { name: "epoch 4", from: 60, to: 70 },
  ]);
  assert.equal(spansOf(madeUp({ steps: 60, epochs: 20 })), [{ name: "the run", from: 0, to: 60 }]);
});

test("the last bucket of a run is in its last epoch, also where steps do not fill it", () => {
  const run = { ...madeUp({ steps: 1000, epochs: 2 }), width: 16 };
  assert.equal(spansOf(run), [
    { name: "epoch 1", from: 0, to: 31 },
    { name: "epoch 2", from: 31, to: 63 },
  ]);
});

test.run();
