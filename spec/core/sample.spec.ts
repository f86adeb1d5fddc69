import { suite } from "uvu";
import * as assert from "uvu/assert";
import { histogram } from "../../core/histogram.ts";
import { sampleSize } from "../../core/sample.ts";

const test = suite("samples");

test("the size is the number of elements: of values, or of what they stand for", () => {
  const values = Float32Array.of(1, 1, 1, 2, 2.5, 9, 9);
  assert.is(sampleSize({ values }), 7);
  assert.is(sampleSize(histogram({ values })), 7);
});

test.run();
