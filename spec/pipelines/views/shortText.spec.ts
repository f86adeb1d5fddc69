/** @file Numbers in sentences: two digits or more, shares that are not quite nothing or all, bytes with a unit. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesText, shareText, shortText } from "../../../pipelines/views/shortText.ts";
import { spansOf } from "../../../pipelines/views/spans.ts";
import { madeUp } from "../../support/runViews.ts";

const test = suite("views/shortText");

test("a number has two digits, or all in front of the point; NaN and infinity stay what they are", () => {
  const numbers = [0, 0.012345, 1.25, 12.5, 99.4, 123.4, 149658.7, -0.5, Number.NaN, -Infinity];
  assert.equal(numbers.map(shortText), [
    "0",
    "0.012",
    "1.3",
    "13",
    "99",
    "123",
    "149659",
    "-0.5",
    "NaN",
    "-Infinity",
  ]);
});

test("a share is nothing or all only where it is", () => {
  const shares = [0, 1e-9, 0.0005, 0.314, 0.99, 0.9999999, 1, Number.NaN];
  assert.equal(shares.map(shareText), [
    "0 %",
    "<0.001 %",
    "0.05 %",
    "31 %",
    "99 %",
    "99.99 %",
    "100 %",
    "NaN %",
  ]);
});

test("bytes have the unit of 1024 of which there is at least one", () => {
  const bytes = [0, 999, 1023, 1024, 1.5 * 1024 ** 2, 2.5 * 1024 ** 3, 1e18];
  assert.equal(bytes.map(bytesText), ["0 B", "999 B", "1020 B", "1 KB", "1.5 MB", "2.5 GB", "909000 TB"]);
});

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
