import { suite } from "uvu";
import * as assert from "uvu/assert";
import { finalScores, scoreResolution } from "../../../pipelines/runs/scores.ts";
import { differenceOf } from "../../../pipelines/studies/spread.ts";

const test = suite("scores");

test("the best score is that of the best epoch, also where one of them has none", () => {
  const of = (better: "higher" | "lower", ...scores: readonly number[]): readonly number[] => {
    const { score, bestScore } = finalScores({ metric: "own", better }, scores);
    return [score, bestScore];
  };
  assert.equal(of("higher", 0.5, 0.75, 0.625), [0.625, 0.75]);
  assert.equal(of("lower", 0.5, 0.75, 0.625), [0.625, 0.5]);
  assert.equal(of("higher", 0.5, Number.NaN), [Number.NaN, 0.5]);
  assert.equal(of("lower", Number.NaN, 2, Number.POSITIVE_INFINITY), [Number.POSITIVE_INFINITY, 2]);
  assert.equal(of("higher"), [Number.NaN, Number.NaN]);
});

test("shares of test samples differ by one of them; how others do is not known", () => {
  const of = (metric: string) =>
    scoreResolution({ ...finalScores({ metric, better: "higher" }, [0.5]), testImages: 500 });
  assert.equal(["accuracy", "mAP", "mAP@0.5"].map(of), [0.002, 0.002, 0.002]);
  assert.equal(["psnr", "loss", "F1"].map(of), [undefined, undefined, undefined]);
});

test("accuracies differ by one test sample; without any, those of training can be compared, too", () => {
  const done = { ...finalScores({ metric: "accuracy", better: "higher" }, [0.5]), testImages: 200 };
  assert.is(scoreResolution(done), 1 / 200);
  const { p } = differenceOf([0.1, 0.12, 0.11], scoreResolution({ ...done, testImages: 0 })) ?? {};
  assert.ok(typeof p === "number" && p < 0.01, String(p));
});

test.run();
