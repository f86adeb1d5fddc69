/** @file Pairs: the small image is the large one's 2x2 means, and a training patch is a part of its image, laid in one of 8 ways. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { elements } from "../../../core/tensor.ts";
import { type LabelledImages, labelledImages, type Split } from "../../../pipelines/data/labelledImages.ts";
import { orderedPairs, trainPairs } from "../../../pipelines/data/pairs.ts";
import { sameBits } from "../../support/close.ts";
import { sentenceOf } from "../files/scratch.ts";

const test = suite("pairs");

const [height, width, channels] = [51, 50, 2];
const size = height * width * channels;

/** No two pixels of an image are alike: red is the row and 100 more for the second image, green the column. */
const split = (count: number): Split => ({
  images: Uint8Array.from({ length: count * size }, (_, i) => {
    const at = Math.floor((i % size) / channels);
    return i % channels === 0 ? Math.floor(at / width) + 100 * Math.floor(i / size) : at % width;
  }),
  labels: new Uint8Array(count),
  count,
});

const data: LabelledImages = labelledImages({
  name: "spec",
  classes: ["one"],
  shape: [height, width, channels],
  train: split(2),
  test: split(2),
});

/** The byte that a value of the target stands for. */
const byteOf = (value: number, c: number): number => Math.round(255 * (value + data.mean[c]!));

type Made = ReturnType<ReturnType<typeof trainPairs>["make"]>;

const isHalf = ({ x, target, shape }: Made): void => {
  const [, h, w, c] = shape as [number, number, number, number];
  const large = elements(target);
  assert.equal(target.shape, [shape[0], 2 * h, 2 * w, c]);
  const expected = Float32Array.from(x, (_, i) => {
    const [n, row, column] = [
      Math.floor(i / (h * w * c)),
      Math.floor(i / (w * c)) % h,
      Math.floor(i / c) % w,
    ];
    const at = ((n * 2 * h + 2 * row) * 2 * w + 2 * column) * c + (i % c);
    const four = [at, at + c, at + 2 * w * c, at + 2 * w * c + c].map((j) => byteOf(large[j]!, i % c));
    return four.reduce((a, b) => a + b) / 1020 - data.mean[i % c]!;
  });
  sameBits(x, expected);
};

test("in evaluation whole images come in order, without an odd row, and x is the mean of 2x2 pixels", () => {
  const { make, perEpoch, samplesPerEpoch } = orderedPairs(data, data.test, 4);
  assert.equal([perEpoch, samplesPerEpoch], [1, 2]);
  const made = make(0);
  assert.equal(made.shape, [2, 25, 25, 2]);
  isHalf(made);
  const pixels = elements(made.target);
  for (let i = 0; i < pixels.length; i++) {
    const [n, rest] = [Math.floor(i / (50 * 50 * 2)), i % (50 * 50 * 2)];
    assert.is(byteOf(pixels[i]!, i % 2), data.test.images[n * size + rest], `element ${i}`);
  }
});

test("a test batch has no more pixels than a training batch, but one image at least", () => {
  assert.is(orderedPairs(data, data.test, 1).perEpoch, 2);
  assert.is(orderedPairs(data, data.test, 2).make(0).shape[0], 1);
  assert.is(orderedPairs(data, data.test, 3).make(0).shape[0], 2);
});

/** The corners of a patch as places of its image: [row, column] of first, end of first row, and end of first column. */
const cornersOf = ({ target }: Made, n: number) => {
  const pixels = elements(target).subarray(n * 48 * 48 * 2);
  return [0, 47, 47 * 48].map(
    (at) => [byteOf(pixels[2 * at]!, 0) % 100, byteOf(pixels[2 * at + 1]!, 1)] as const,
  );
};

test("without augmentation a training patch is the middle of its image", () => {
  const made = trainPairs(data, { batch: 2, seed: 1 }).make(0);
  assert.equal(made.shape, [2, 24, 24, 2]);
  isHalf(made);
  assert.equal(cornersOf(made, 0), [
    [1, 1],
    [1, 48],
    [48, 1],
  ]);
});

test("with augmentation every place and each of the 8 ways comes up, and all of a patch is of one image", () => {
  const { make } = trainPairs(data, { batch: 2, seed: 3, augment: true });
  const ways = new Set<string>();
  const places = new Set<string>();
  for (let step = 0; step < 200; step++) {
    const made = make(step);
    if (step % 40 === 0) isHalf(made);
    for (const n of [0, 1]) {
      const [first, right, down] = cornersOf(made, n) as unknown as [number[], number[], number[]];
      const along = [right[0]! - first[0]!, right[1]! - first[1]!];
      const across = [down[0]! - first[0]!, down[1]! - first[1]!];
      ways.add(`${along} ${across}`);
      const top = Math.min(first[0]!, right[0]!, down[0]!);
      const left = Math.min(first[1]!, right[1]!, down[1]!);
      places.add(`${top} ${left}`);
    }
  }
  assert.is(ways.size, 8, [...ways].join("; "));
  for (const way of ways) assert.match(way, /^(0,-?47 -?47,0|-?47,0 0,-?47)$/);
  assert.is(places.size, 4 * 3, "51 - 48 + 1 rows and 50 - 48 + 1 columns");
});

test("a batch depends on its number and the seed alone", () => {
  const options = { batch: 2, seed: 3, augment: true };
  const { make } = trainPairs(data, options);
  const made = [0, 1, 2].map((step) => make(step));
  for (const step of [2, 0, 1]) {
    const again = trainPairs(data, options).make(step);
    sameBits(again.x, made[step]!.x);
    sameBits(elements(again.target), elements(made[step]!.target));
  }
  const other = trainPairs(data, { ...options, seed: 4 }).make(0);
  assert.not.equal([...other.x], [...made[0]!.x]);
});

test("images that do not fill a batch are refused", () => {
  assert.match(
    sentenceOf(() => trainPairs(data, { batch: 3, seed: 1 })),
    /^batch: 3, expected at most 2/,
  );
});

test.run();
