import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codebookProjection, projectOnto } from "../../../quantizers/projections/codebook.ts";
import type { Noise } from "../../../quantizers/projections/projection.ts";
import { sameBits } from "../../support/close.ts";
import { forAll } from "../../support/lawful.ts";
import { given, valuesBy } from "../../support/projecting.ts";

const test = suite("codebooks");

const levels = Float32Array.of(-3, -1, 0, 0.5, 4);
const onto = (x: readonly number[], noise?: Noise) =>
  projectOnto({ levels }, Float32Array.from(x), { noise });

test("every element becomes the nearest level, at a threshold the lower", () => {
  const { values, clipped } = onto([-3, -2.1, -2, -1.9, 0.2, 0.25, 0.26, 2.25, 2.26, 4]);
  assert.equal([...values], [-3, -3, -3, -1, 0, 0, 0.5, 0.5, 4, 4]);
  assert.is(clipped, 0);
});

test("thresholds of its own may lie anywhere between the levels", () => {
  const { values } = projectOnto(
    { levels: Float32Array.of(0, 1), thresholds: Float32Array.of(0.9) },
    Float32Array.of(0.8, 0.9, 0.95),
    { noise: undefined },
  );
  assert.equal([...values], [0, 0, 1]);
});

test("with noise it is one of both neighbours, the upper as often as it is near", () => {
  assert.equal([...onto([1.375, 1.375], given(0.74, 0.76)).values], [0.5, 4]);
  assert.equal([...onto([...levels], given(0.99, 0.99, 0.99, 0.99, 0.99)).values], [...levels]);
});

test("outside of the levels it clips, counts, and lets no gradient pass", () => {
  const { values, gradientMask, clipped } = onto([-Infinity, -4, 3, 5, Infinity]);
  assert.equal([...values], [-3, -3, 4, 4, 4]);
  assert.equal([...gradientMask!], [0, 0, 1, 0, 0]);
  assert.is(clipped, 4);
});

test("NaN becomes the level nearest to 0", () => assert.equal([...onto([Number.NaN]).values], [0]));

test("the level found is the one that a search through all of them finds, for numbers of any size", () =>
  forAll(
    fc.tuple(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 300 }),
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 60 }),
    ),
    ([some, xs]) => {
      const sorted = Float32Array.from(new Set(some.map((v) => v + 0))).sort();
      const thresholds = sorted.subarray(1).map((v, k) => ((sorted[k] as number) + v) / 2);
      const x = Float32Array.from([...xs, ...sorted, ...thresholds]);
      const expected = x.map((v) => sorted[thresholds.filter((t) => t < v).length] as number);
      sameBits(projectOnto({ levels: sorted }, x, { noise: undefined }).values, expected);
    },
  ));

test("a codebook is made for each range, and may have a single level", () => {
  const largest = codebookProjection("largest", ({ range }) => ({ levels: Float32Array.of(range.hi) }));
  assert.equal(valuesBy(largest, [1, 3, 2]), [3, 3, 3]);
});

test.run();
