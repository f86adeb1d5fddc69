/** @file Scores in lines and titles: which are in percent, in dB, or by their own size. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scoreText, scoreTitle, scoreUnit } from "../../../pipelines/views/scoreText.ts";

const test = suite("scoreText");

test("accuracies and mean average precisions are told in percent, so that a margin is one of points", () => {
  assert.is(scoreText("accuracy", 0.98765), "98.77 %");
  assert.is(scoreText("mAP@0.5", 0.8026), "80.26 %");
  assert.is(scoreText("mAP", 0.00012), "0.01 %");
  assert.is(scoreUnit("mAP").factor, 100);
});

test("others are told in dB, or with four digits; a metric that is only named like mAP is one of these", () => {
  assert.is(scoreText("psnr", 28.356), "28.36 dB");
  assert.is(scoreText("loss", 1.23456), "1.235");
  assert.is(scoreText("mAPE", 0.25), "0.2500");
  assert.is(scoreText("mAP", undefined), "-");
});

test("titles name what does not go without saying", () => {
  assert.is(scoreTitle("accuracy", "higher"), "test");
  assert.is(scoreTitle("mAP@0.5", "higher"), "test mAP@0.5");
  assert.is(scoreTitle("loss", "lower"), "test loss, lower is better");
});

test.run();
