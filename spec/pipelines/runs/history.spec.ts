import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import { classifyRange } from "../../../core/range.ts";
import type { RangeSeen } from "../../../core/signal.ts";
import { type History, historyBefore } from "../../../pipelines/runs/history.ts";

const test = suite("history");

const row = (site: string, step: number, max: number): RangeSeen => {
  const stat = { min: 0, max, count: 8, nonFinite: 0 };
  return {
    ...{
      _tag: "RangeSeen",
      site,
      step,
      stat,
      role: "activation",
      estimator: "mine",
      verdict: classifyRange(stat),
    },
    ...{ range: { lo: 0, hi: 1 }, isStatic: true, clipped: 0, bytesMoved: 0, bytesSaved: 0 },
  };
};

const rows = [0, 1, 2, 3].flatMap((step) => [row("a", step, step), row("b", step, 10 + step)]);
const before = (step: number, each: (seen: RangeSeen) => void = () => {}): History =>
  historyBefore(step, rows, "run/ranges", each);

test("a site's past is what its estimator was given before the step; tensors of zeros were not", () => {
  const past = before(3);
  const most = (site: string): readonly number[] => past(site).map(({ stat }) => stat.max);
  assert.equal(most("a"), [1, 2]);
  assert.equal(most("b"), [10, 11, 12]);
});

test("every row before the step is told once, in order", () => {
  const told: RangeSeen[] = [];
  before(2, (seen) => told.push(seen));
  assert.equal(told, rows.slice(0, 4));
});

test("a site that misses a step, or was never recorded, is named", () => {
  const sentence = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      assert.instance(error, RangeflowFailure);
      return (error as RangeflowFailure).message;
    }
    return "";
  };
  assert.match(
    sentence(() => before(5)),
    /^run\/ranges: 4 rows of a, expected 5, one for each step/,
  );
  const past = before(2);
  assert.match(
    sentence(() => past("c")),
    /^run\/ranges: 0 rows of c, expected 2, one for each step/,
  );
});

test.run();
