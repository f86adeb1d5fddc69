/** @file Buckets over time: whatever the rows, a bucket holds what a loop over its rows finds. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { buckets, type Folds } from "../../../pipelines/views/buckets.ts";

const test = suite("views/buckets");

const folds = { sum: "sum", least: "least", greatest: "greatest", last: "last" } as const satisfies Folds;

test("a bucket has least, greatest, sum and last of its rows, also when two have become one; NaN is no number", () => {
  const value = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant(Number.NaN));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 64 }), fc.integer({ min: 0, max: 3 }), (values, halvings) => {
      const kept = buckets(folds, 64);
      values.forEach((x, i) => {
        kept.add(i, Float64Array.of(Number.isNaN(x) ? 0 : x, x, x, x), 1);
      });
      for (let i = 0; i < halvings; i++) kept.halve();
      const width = 2 ** halvings;
      const count = Math.ceil(values.length / width);
      const { sum, least, greatest, last } = kept.columns(0, count);
      for (let b = 0; b < count; b++) {
        const those = values.slice(b * width, (b + 1) * width).filter((x) => !Number.isNaN(x));
        assert.is(
          sum[b],
          those.reduce((a, x) => a + x, 0),
        );
        const none = those.length === 0;
        assert.equal(
          [least[b], greatest[b], last[b]],
          none
            ? [Number.NaN, Number.NaN, Number.NaN]
            : [Math.min(...those), Math.max(...those), those.at(-1)],
        );
      }
    }),
  );
});

test.run();
