/** @file Batches: each made from its number alone, the same for the same seed; an epoch shows every image once. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { orderedBatches, trainBatches } from "../../../pipelines/data/batches.ts";
import {
  type LabelledImages,
  labelledImages,
  limited,
  type Split,
} from "../../../pipelines/data/labelledImages.ts";
import { orderedPairs, trainPairs } from "../../../pipelines/data/pairs.ts";
import { sameBits } from "../../support/close.ts";
import { sentenceOf } from "../files/scratch.ts";

const test = suite("batches");

const [height, width, channels] = [8, 9, 3];
const size = height * width * channels;

/** Images whose every byte tells where it is from: image n has byte (31 n + 7 i) modulo 251 plus 1 at place i, never black. */
const split = (count: number): Split => ({
  images: Uint8Array.from(
    { length: count * size },
    (_, i) => 1 + ((31 * Math.floor(i / size) + 7 * (i % size)) % 251),
  ),
  labels: Uint8Array.from({ length: count }, (_, n) => n),
  count,
});

const data: LabelledImages = labelledImages({
  name: "spec",
  classes: Array.from({ length: 23 }, (_, n) => String(n)),
  shape: [height, width, channels],
  train: split(23),
  test: split(11),
});

const normalized = (byte: number, c: number): number =>
  Math.fround((byte / 255 - data.mean[c]!) / data.std[c]!);

const labelsOf = (epoch: number, seed = 1): readonly number[] => {
  const batches = trainBatches(data, { batch: 5, seed });
  return Array.from({ length: batches.perEpoch }, (_, i) => [
    ...batches.make(epoch * batches.perEpoch + i).target,
  ]).flat();
};

test("an epoch shows images once each, in an order of its own, and leaves out the incomplete batch", () => {
  const { perEpoch, samplesPerEpoch } = trainBatches(data, { batch: 5, seed: 1 });
  assert.equal([perEpoch, samplesPerEpoch], [4, 20]);
  assert.is(new Set(labelsOf(0)).size, 20);
  assert.not.equal(labelsOf(0), labelsOf(1));
  assert.not.equal(labelsOf(0), labelsOf(0, 2));
  assert.equal(labelsOf(3), labelsOf(3));
});

test("pixels are normalized per channel with the moments of the training images, rounded once to float32", () => {
  const { x, target: labels, shape } = trainBatches(data, { batch: 5, seed: 1 }).make(2);
  assert.equal(shape, [5, height, width, channels]);
  const expected = Float32Array.from({ length: 5 * size }, (_, i) =>
    normalized(data.train.images[labels[Math.floor(i / size)]! * size + (i % size)]!, i % channels),
  );
  sameBits(x, expected);
});

test("a batch does not depend on the ones that were made before it", () => {
  const options = { batch: 4, seed: 9, augment: true };
  const inOrder = trainBatches(data, options);
  const made = Array.from({ length: 12 }, (_, step) => inOrder.make(step));
  for (const step of [11, 0, 7, 7, 3, 10]) {
    const { x, target: labels } = trainBatches(data, options).make(step);
    sameBits(x, made[step]!.x);
    sameBits(labels, made[step]!.target);
  }
});

test("a given array is filled and returned, its rest is left alone", () => {
  const { make } = trainBatches(data, { batch: 5, seed: 1, augment: true });
  const into = new Float32Array(5 * size + 3).fill(77);
  const { x } = make(6, into);
  assert.is(x.buffer, into.buffer);
  sameBits(x, make(6).x);
  sameBits(into.subarray(5 * size), [77, 77, 77]);
});

/** Placements with which the augmented image `x` shows image n: shifted and mirrored, all of it and nothing else. */
const placementsOf = (x: Float32Array, n: number): readonly string[] => {
  const found: string[] = [];
  for (let down = -4; down <= 4; down++)
    for (let right = -4; right <= 4; right++)
      for (const mirrored of [false, true]) {
        const matches = x.every((value, i) => {
          const c = i % channels;
          const w = Math.floor(i / channels) % width;
          const row = Math.floor(i / channels / width) + down;
          const column = (mirrored ? width - 1 - w : w) + right;
          const inside = row >= 0 && row < height && column >= 0 && column < width;
          return (
            value ===
            normalized(inside ? data.train.images[n * size + (row * width + column) * channels + c]! : 0, c)
          );
        });
        if (matches) found.push(`${down} ${right} ${mirrored}`);
      }
  return found;
};

test("augmented images are crops out of a black border of 4, half of them mirrored, all placements about equally often", () => {
  const { make, perEpoch } = trainBatches(data, { batch: 23, seed: 3, augment: true });
  const seen = new Map<string, number>();
  for (let step = 0; step < 40 * perEpoch; step++) {
    const { x, target: labels } = make(step);
    for (const [i, n] of labels.entries()) {
      const found = placementsOf(x.subarray(i * size, (i + 1) * size), n);
      assert.is(found.length, 1, `image ${n} of step ${step}`);
      seen.set(found[0]!, (seen.get(found[0]!) ?? 0) + 1);
    }
  }
  // 920 draws of 162 placements: 5.7 each, and e^-5.7 * 162 = 0.6 of them never.
  assert.ok(seen.size >= 157, `${seen.size} placements`);
  assert.ok(Math.max(...seen.values()) < 20);
});

test("images smaller than the border are augmented as well: a pixel is white or black, and most often black", () => {
  const white: Split = { images: new Uint8Array(50 * 6).fill(255), labels: new Uint8Array(50), count: 50 };
  const tiny = { ...data, shape: [3, 2, 1], mean: [0], std: [1], train: white } as const;
  const { x } = trainBatches(tiny, { batch: 50, seed: 1, augment: true }).make(0);
  assert.equal([...new Set(x)].sort(), [0, 1]);
  // A shift of d out of -4 .. 4 leaves 3 - |d| of 3 rows, in sum 9, and 4 of 2 columns: 4 / 18 * 9 / 27 = 2 / 27 of 300.
  const whites = x.reduce((sum, value) => sum + value, 0);
  assert.ok(whites > 5 && whites < 60, `${whites} white pixels`);
});

test("evaluation sees every image in order, the last batch shorter", () => {
  const { perEpoch, samplesPerEpoch, make } = orderedBatches(data, data.test, 4);
  assert.equal([perEpoch, samplesPerEpoch], [3, 11]);
  assert.equal(
    [0, 1, 2].map((i) => [...make(i).target]),
    [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10],
    ],
  );
  assert.equal(make(2).shape, [3, height, width, channels]);
  assert.is(make(2, new Float32Array(4 * size)).x.length, 3 * size);
  assert.is(make(1).x[5], normalized(data.test.images[4 * size + 5]!, 2));
});

test("a batch that the images do not fill, or that is no number, is refused", () => {
  assert.match(
    sentenceOf(() => trainBatches(data, { batch: 24, seed: 1 })),
    /^batch: 24, expected at most 23/,
  );
  for (const batch of [0, -1, 2.5, Number.NaN])
    assert.match(
      sentenceOf(() => trainBatches(data, { batch, seed: 1 })),
      /expected an integer from 1/,
    );
});

test("limited keeps the first images and takes the moments of those", () => {
  const few = limited(data, { train: 6 });
  assert.equal([few.train.count, few.test.count], [6, 11]);
  assert.equal(few.train.images, data.train.images.subarray(0, 6 * size));
  assert.equal(few.mean, labelledImages({ ...data, train: split(6) }).mean);
  assert.is(limited(data, { train: 99 }).train.count, 23);
});

test("a channel that never changes is divided by 1", () => {
  const black = { images: new Uint8Array(2 * size), labels: Uint8Array.of(0, 1), count: 2 };
  const { mean, std } = labelledImages({ ...data, train: black });
  assert.equal(
    [mean, std],
    [
      [0, 0, 0],
      [1, 1, 1],
    ],
  );
});

test("data whose parts do not fit each other are refused before the first batch, for training and for test", () => {
  const { train } = data;
  const wrongSplits: readonly (readonly [Partial<Split>, RegExp])[] = [
    [{ labels: train.labels.map((n) => n + 1) }, /label 23 at image 22, expected labels from 0 to 22/],
    [{ labels: Float32Array.from(train.labels, (n) => n - 1) as never }, /label -1 at image 0/],
    [{ labels: Float32Array.from(train.labels, (n) => n / 2) as never }, /label 0.5 at image 1/],
    [{ labels: train.labels.subarray(1) }, /22 labels for 23 images, expected one for each image/],
    [{ images: train.images.subarray(3) }, /\d+ bytes for 23 images of 8x9x3, expected 4968/],
    [{ count: 22.5 }, /a count of 22.5, expected an integer/],
  ];
  const refused = (of: LabelledImages, expected: RegExp): void => {
    assert.match(
      sentenceOf(() => trainBatches(of, { batch: 5, seed: 1 })),
      /^the training images of spec: /,
    );
    for (const make of [trainBatches, trainPairs])
      assert.match(
        sentenceOf(() => make(of, { batch: 5, seed: 1 })),
        expected,
      );
    for (const make of [orderedBatches, orderedPairs])
      assert.match(
        sentenceOf(() => make(of, of.train, 5)),
        expected,
      );
  };
  for (const [wrong, expected] of wrongSplits) refused({ ...data, train: { ...train, ...wrong } }, expected);
  refused({ ...data, shape: [8, 9.5, 3] }, /a shape of 8x9.5x3, expected height, width and channels/);
  refused({ ...data, mean: [0, 0] }, /means 0, 0 and deviations .*, expected 3 finite numbers each/);
  refused({ ...data, std: [1, 0, 1] }, /deviations 1, 0, 1, expected 3 finite numbers each, no deviation 0/);
});

test.run();
