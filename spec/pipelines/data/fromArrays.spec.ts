/** @file Data in memory: what batches they make, what they are known by, and what is refused. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { HostTensor } from "../../../core/tensor.ts";
import { fromArrays } from "../../../pipelines/data/fromArrays.ts";
import { sentenceOf } from "../files/scratch.ts";

const test = suite("fromArrays");

const floats = (...numbers: number[]): Float32Array => Float32Array.from(numbers);

/** Eight samples of two numbers each: n and -n. */
const x = floats(...Array.from({ length: 8 }, (_, n) => [n, -n]).flat());
const y = [0, 1, 2, 0, 1, 2, 0, 1];

test("floats are taken as they are, each with its class, in a new order each epoch", () => {
  const { train } = fromArrays(x, y, [1, 1, 2]).batches({ batch: 4, seed: 1 });
  assert.is(train.perEpoch, 2);
  const epoch = (e: number) => [0, 1].flatMap((b) => [...train.make(2 * e + b).x.filter((v) => v >= 0)]);
  assert.equal(
    epoch(0)
      .filter((v) => v !== 0)
      .toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7],
  );
  assert.not.equal(epoch(0), epoch(1));
  const { x: made, target, shape } = train.make(0);
  assert.equal(shape, [4, 1, 1, 2]);
  assert.equal(
    [...(target as Int32Array)],
    [0, 2, 4, 6].map((i) => y[made[i] as number]),
  );
});

test("bytes become (byte / 255 - mean) / std by channel of the training samples", () => {
  const bytes = Uint8Array.of(0, 10, 255, 10, 0, 10, 255, 10);
  const data = fromArrays(bytes, [0, 1, 0, 1], [1, 1, 2], { test: { x: Uint8Array.of(255, 10), y: [1] } });
  // The first channel is 0, 255, 0, 255, and the second one always 10.
  assert.equal(data.normalization, { mean: [0.5, 10 / 255], std: [0.5, 1] });
  assert.is(fromArrays(x, y, [1, 1, 2]).normalization, undefined);
  const { test: evaluated } = data.batches({ batch: 1, seed: 1 });
  assert.equal(
    [...evaluated.make(0).x],
    [1, 0],
    "a channel of mean 0.5 and deviation 0.5, and one that never changes",
  );
});

test("targets of float32 are those of a regression, of any shape", () => {
  const data = fromArrays(x, floats(...Array.from({ length: 24 }, (_, i) => i)), [1, 1, 2], {
    targetShape: [1, 3, 1],
  });
  assert.equal([data.classes, data.targetShape], [[], [1, 3, 1]]);
  const { x: made, target } = data.batches({ batch: 2, seed: 3 }).train.make(0);
  const { data: values, shape } = target as HostTensor;
  assert.equal(shape, [2, 1, 3, 1]);
  assert.equal(
    [...values.subarray(0, 3)],
    [0, 1, 2].map((i) => 3 * Math.abs(made[0] as number) + i),
  );
  assert.equal(fromArrays(x, floats(1, 2, 3, 4, 5, 6, 7, 8), [1, 1, 2]).targetShape, [1, 1, 1]);
});

test("a share for evaluation is drawn once, the same in every run; without one there is none", () => {
  const data = fromArrays(x, y, [1, 1, 2], { test: 0.25 });
  assert.equal([data.content().train, data.content().test], [6, 2]);
  const testX = () => [...data.batches({ batch: 8, seed: 1 }).test.make(0).x];
  assert.throws(() => data.batches({ batch: 8, seed: 1 }), /at most 6/);
  assert.equal(
    [...data.batches({ batch: 2, seed: 1 }).test.make(0).x],
    [...fromArrays(x, y, [1, 1, 2], { test: 0.25 }).batches({ batch: 2, seed: 9 }).test.make(0).x],
  );
  assert.throws(testX);
  assert.is(fromArrays(x, y, [1, 1, 2]).batches({ batch: 2, seed: 1 }).test.perEpoch, 0);
});

test("data are known by their content: every number counts, and where targets and samples part", () => {
  const sha = (...args: Parameters<typeof fromArrays>) => fromArrays(...args).content().sha256;
  const same = sha(x, y, [1, 1, 2]);
  assert.is(sha(Float32Array.from(x), Int32Array.from(y), [1, 1, 2]), same);
  const others = [
    sha(floats(...x.subarray(0, 15), 1), y, [1, 1, 2]),
    sha(x, [...y.slice(0, 7), 2], [1, 1, 2]),
    sha(x, y, [1, 2, 1]),
    sha(x, y, [1, 1, 2], { classes: 4 }),
    sha(x, y, [1, 1, 2], { test: 0.25 }),
    sha(Uint8Array.from(x), y, [1, 1, 2]),
    sha(x, floats(...y), [1, 1, 2]),
  ];
  assert.is(new Set([same, ...others]).size, 8);
});

for (const [what, make, sentence] of [
  [
    "a shape of two sides",
    () => fromArrays(x, y, [1, 2] as never),
    /^fromArrays, shape: \[1,2\], expected \[height/,
  ],
  ["a shape with a side of 0", () => fromArrays(x, y, [1, 1, 0]), /^fromArrays, shape: \[1,1,0\]/],
  [
    "a part of a sample",
    () => fromArrays(floats(1, 2, 3), [0], [1, 1, 2]),
    /3 numbers in x, expected a multiple of 2/,
  ],
  [
    "no samples",
    () => fromArrays(floats(), [], [1, 1, 2]),
    /fromArrays: x is empty, expected at least one sample/,
  ],
  [
    "NaN in a sample",
    () => fromArrays(floats(1, 2, 3, Number.NaN), [0, 1], [1, 1, 2]),
    /NaN in sample 1 of x, expected finite/,
  ],
  [
    "fewer classes than samples",
    () => fromArrays(x, [0, 1], [1, 1, 2]),
    /2 classes in y for 8 samples, expected one for each/,
  ],
  [
    "a class that is no integer",
    () => fromArrays(x, [0, 1, 0.5, 0, 0, 0, 0, 0], [1, 1, 2]),
    /class 0.5 of sample 2, expected integers from 0; numbers to be predicted are a Float32Array/,
  ],
  [
    "a class out of range",
    () => fromArrays(x, y, [1, 1, 2], { classes: 2 }),
    /class 2 of sample 2, expected integers from 0 to 1/,
  ],
  [
    "one class",
    () => fromArrays(x, y, [1, 1, 2], { classes: 1 }),
    /^fromArrays, classes: 1, expected .* at least 2/,
  ],
  [
    "a target that is not finite",
    () => fromArrays(x, floats(1, 2, 3, Number.POSITIVE_INFINITY, 0, 0, 0, 0), [1, 1, 2]),
    /Infinity in the target of sample 3/,
  ],
  [
    "numbers that are no multiple of samples",
    () => fromArrays(x, floats(1, 2, 3, 4, 5, 6, 7, 8, 9), [1, 1, 2]),
    /9 numbers in y for 8 samples/,
  ],
  [
    "classes beside numbers",
    () => fromArrays(x, floats(...y), [1, 1, 2], { classes: 3 }),
    /y is Float32Array with classes/,
  ],
  [
    "doubles",
    () => fromArrays(new Float64Array(16) as never, y, [1, 1, 2]),
    /x is Float64Array, expected a Float32Array/,
  ],
  [
    "a test class that training has not",
    () => fromArrays(x, y, [1, 1, 2], { test: { x: floats(1, 2), y: [3] } }),
    /^fromArrays, test: class 3 of sample 0, expected integers from 0 to 2/,
  ],
  [
    "test samples of another type",
    () => fromArrays(x, y, [1, 1, 2], { test: { x: Uint8Array.of(1, 2), y: [0] } }),
    /^fromArrays, test: x is Uint8Array, expected Float32Array/,
  ],
  ["a share that leaves none", () => fromArrays(x, y, [1, 1, 2], { test: 1 }), /a share of 1 of 8 samples/],
] as const)
  test(`${what} is refused with a sentence`, () => assert.match(sentenceOf(make), sentence));

test("a batch of any values is made of training samples where they are taken as they are", () => {
  const data = fromArrays(Float32Array.of(1, 2, 3, 4), [0, 1], [1, 1, 2]);
  assert.equal([...data.blank(3).x], [1, 2, 3, 4, 1, 2]);
});

test.run();
