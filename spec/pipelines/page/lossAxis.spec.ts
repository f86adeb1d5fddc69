/** @file Losses begin on the axis that shows more of them, of one run and of several. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lossAxis } from "../../../pipelines/page/lossAxis.ts";
import { madeUp } from "../../support/runViews.ts";

const test = suite("page/lossAxis");

const from = (least: number, greatest: number) => madeUp({ loss: (step) => (step === 7 ? greatest : least) });

test("linear up to a factor of a thousand, logarithmic beyond", () => {
  assert.is(lossAxis([from(0.5, 500)]), "linear");
  assert.is(lossAxis([from(0.5, 501)]), "log");
});

test("the losses of several runs count together", () => {
  assert.is(lossAxis([from(0.1, 1), from(90, 99)]), "linear");
  assert.is(lossAxis([from(0.1, 1), from(90, 101)]), "log");
});

test("linear where a loss is not above 0, and where there is none", () => {
  assert.is(lossAxis([from(-1, 1e9)]), "linear");
  assert.is(lossAxis([madeUp({ loss: () => Number.NaN })]), "linear");
});

test.run();
