/** @file Boxes of Tiny ImageNet: files to targets; whatever is wrong with a list has a sentence with file and line. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { boxArea } from "../../../core/boxes.ts";
import { type LabelledBox, readBoxes } from "../../../core/boxTarget.ts";
import { branch, key, randomBits } from "../../../core/random.ts";
import type { HostTensor } from "../../../core/tensor.ts";
import type { Dataset } from "../../../pipelines/data/dataset.ts";
import { images } from "../../../pipelines/data/images.ts";
import { tinyImageNet } from "../../../pipelines/data/tinyImageNet.ts";
import { tinyImageNetBoxes } from "../../../pipelines/data/tinyImageNetBoxes.ts";
import { boxLists, directory, failureOf } from "./tinyImageNetFolders.ts";

const test = suite("tinyImageNetBoxes");

const ofN2 = "train/n2/n2_boxes.txt";
const validation = "val/val_annotations.txt";

interface Found {
  /** By their lower ends. */
  readonly train: readonly LabelledBox[];
  readonly test: readonly (LabelledBox | undefined)[];
}

const sorted = (boxes: readonly LabelledBox[]): readonly LabelledBox[] =>
  boxes.toSorted((a, b) => a.box[3] - b.box[3]);

const boxesIn = (data: Dataset): Found => {
  const { train, test: evaluated } = data.batches({ batch: 2, seed: 1 });
  const read = (target: unknown): readonly LabelledBox[] =>
    [0, 1].flatMap((n) => readBoxes(target as HostTensor, n));
  return {
    train: sorted([0, 1].flatMap((step) => read(train.make(step).target))),
    test: read(evaluated.make(0).target),
  };
};

const usual: Found = {
  train: [
    { label: 0, box: [1, 2, 4, 5] },
    { label: 0, box: [0, 39, 1, 47] },
    { label: 1, box: [60, 61, 64, 63] },
    { label: 0, box: [0, 0, 64, 64] },
  ],
  test: [
    { label: 1, box: [0, 0, 10, 10] },
    { label: 0, box: [5, 6, 64, 7] },
  ],
};

test("the ends of boxes in files belong to them, so a box of one column has a width of 1", async () => {
  const data = await tinyImageNetBoxes(await directory());
  assert.equal([data.name, data.shape, data.classes], ["tinyImageNetBoxes", [64, 64, 3], ["n2", "n1"]]);
  assert.equal([data.targetShape, data.variant], [[1, 1, 5], undefined]);
  assert.equal(boxesIn(data), usual);
});

test("images are those of tinyImageNet, each with the box of its own file", async () => {
  const dir = await directory();
  const [ours, plain] = [await tinyImageNetBoxes(dir), images(await tinyImageNet(dir))].map(
    (data) => data.batches({ batch: 4, seed: 3 }).train,
  );
  const [{ x, target }, { x: expected, target: labels }] = [ours!.make(0), plain!.make(0)];
  assert.equal(x, expected);
  const boxes = [0, 1, 2, 3].map((n) => readBoxes(target as HostTensor, n)[0]!);
  assert.equal(
    boxes.map(({ label }) => label),
    [...(labels as Int32Array)],
  );
  // The red of an image tells which file it is: 0, 2 and 10 of n2 have 0, 100 and 200, the grey one of n1 has 77.
  const byRed = [0, 1, 2, 3].toSorted((a, b) => x[a * 64 * 64 * 3]! - x[b * 64 * 64 * 3]!);
  assert.equal(
    byRed.map((n) => boxes[n]!.box),
    [
      [1, 2, 4, 5],
      [60, 61, 64, 63],
      [0, 0, 64, 64],
      [0, 39, 1, 47],
    ],
  );
});

test("limits leave out images and their boxes; mirrored data are another variant of the same content", async () => {
  const dir = await directory();
  const data = await tinyImageNetBoxes(dir, { train: 2, test: 1, mirror: true });
  assert.equal([data.content().train, data.content().test, data.variant], [2, 1, "mirrored"]);
  assert.is(data.content().sha256, (await tinyImageNetBoxes(dir, { train: 2, test: 1 })).content().sha256);
  assert.not.equal(data.content().sha256, (await tinyImageNetBoxes(dir, { train: 2 })).content().sha256);
});

for (const [what, file, text, pattern] of [
  [
    "a row that is cut",
    ofN2,
    boxLists[ofN2].slice(0, 33),
    /n2_boxes\.txt, line 2: 4 fields, expected file, x0, y0, x1, y1 with tabs between; take the original file\.$/,
  ],
  [
    "a row of words",
    ofN2,
    boxLists[ofN2].replace("39", "many"),
    /n2_boxes\.txt, line 3: "many" in its box, expected four integers/,
  ],
  [
    "a number with a fraction",
    ofN2,
    boxLists[ofN2].replace("39", "3.9"),
    /line 3: "3\.9" in its box, expected four integers/,
  ],
  [
    "a box that leaves the image",
    ofN2,
    boxLists[ofN2].replace("63\n", "64\n"),
    /n2_boxes\.txt, line 2: the box 0 0 63 64, which is not on its image, expected pixels from 0 to 63/,
  ],
  [
    "a box left of the image",
    ofN2,
    boxLists[ofN2].replace("\t1\t", "\t-1\t"),
    /line 1: the box -1 2 3 4, which is not on its image/,
  ],
  [
    "a box inside out",
    ofN2,
    boxLists[ofN2].replace("46", "38"),
    /n2_boxes\.txt, line 3: the box 0 39 0 38, expected x0 up to x1 and y0 up to y1/,
  ],
  [
    "a row of an image that is not there",
    ofN2,
    `${boxLists[ofN2]}n1_0.JPEG\t0\t0\t1\t1\n`,
    /n2_boxes\.txt, line 4: a box of "n1_0\.JPEG", expected images of train\/n2\/images; use files of one download/,
  ],
  [
    "a row that is there twice",
    ofN2,
    `${boxLists[ofN2]}\nn2_2.JPEG\t0\t0\t1\t1\n`,
    /n2_boxes\.txt, line 5: n2_2\.JPEG a second time, expected a line for each image/,
  ],
  [
    "a row that is missing",
    ofN2,
    "n2_2.JPEG\t0\t0\t63\t63\n",
    /n2_boxes\.txt: no box of n2_0\.JPEG, expected a line for each image/,
  ],
  ["a list of nothing", ofN2, "", /n2_boxes\.txt: no box of n2_0\.JPEG/],
  [
    "a validation row without a box",
    validation,
    "val_7.JPEG\tn1\t0\t0\t9\t9\n\nval_3.JPEG\tn2\n",
    /val_annotations\.txt, line 3: 2 fields, expected file, class, x0, y0, x1, y1 with tabs between/,
  ],
  [
    "a validation box that is not on its image",
    validation,
    "val_7.JPEG\tn1\t0\t0\t99\t9\n",
    /val_annotations\.txt, line 1: the box 0 0 99 9, which is not on its image/,
  ],
  [
    "a validation row of another id",
    validation,
    "val_7.JPEG\tn3\t0\t0\t9\t9\n",
    /val_annotations\.txt, line 1: class "n3", expected one of the 2 in wnids\.txt/,
  ],
] as const)
  test(`${what} is refused with file and line`, async () => {
    const dir = await directory({ [file]: text });
    assert.match(await failureOf(() => tinyImageNetBoxes(dir)), pattern);
  });

test("a list that is missing is named; who wants no boxes does not need it", async () => {
  const dir = await directory();
  rmSync(join(dir, ofN2));
  assert.match(
    await failureOf(() => tinyImageNetBoxes(dir)),
    /n2_boxes\.txt: no such file or directory, expected a text file/,
  );
  assert.is((await tinyImageNet(dir)).train.count, 4);
});

/** What becomes of a list of bytes: data of the usual images, or undefined after a sentence. */
const outcome = async (dir: string, file: string, bytes: Uint8Array): Promise<Found | undefined> => {
  writeFileSync(join(dir, file), bytes);
  let data: Dataset;
  try {
    data = await tinyImageNetBoxes(dir);
  } catch (error) {
    await failureOf(() => Promise.reject(error));
    return undefined;
  }
  // A validation list with fewer lines is a smaller test.
  return data.content().test === 2 ? boxesIn(data) : undefined;
};

test("a list that is cut anywhere ends in a sentence, unless only the last number or line is affected", async () => {
  for (const file of [ofN2, validation]) {
    const dir = await directory();
    const whole = readFileSync(join(dir, file));
    for (let length = 0; length < whole.length; length++) {
      const found = await outcome(dir, file, whole.subarray(0, length));
      if (length < whole.length - 2) assert.is(found, undefined, `${file} cut to ${length} bytes`);
    }
    assert.equal(await outcome(dir, file, whole.subarray(0, whole.length - 1)), usual);
  }
});

test("lists of random bytes, or with some changed, are sentences or data, never another error", async () => {
  const draws = branch(key(5), "bytes");
  for (const file of [ofN2, validation, "wnids.txt"]) {
    const dir = await directory();
    const whole = readFileSync(join(dir, file));
    for (let i = 0; i < 60; i++) {
      const bytes = Uint8Array.from(whole);
      const changed = i % 6 === 0 ? bytes.length : 1 + (i % 3);
      for (let k = 0; k < changed; k++)
        bytes[randomBits(draws, 1000 * i + 2 * k) % bytes.length] = randomBits(draws, 1000 * i + 2 * k + 1);
      await outcome(dir, file, bytes);
    }
  }
});

const real = "../shared/data/tiny-imagenet-200";
const whereReal = existsSync(real) ? test : test.skip;

whereReal(
  "the boxes of the real files are all on their images, and all but a few have an area of several pixels",
  async () => {
    const data = await tinyImageNetBoxes(real, { train: 200, test: 100, mirror: true });
    assert.equal([data.classes.length, data.content().train, data.content().test], [20, 200, 100]);
    const { target } = data.batches({ batch: 100, seed: 1 }).test.make(0);
    const areas = Array.from({ length: 100 }, (_, n) => boxArea(readBoxes(target as HostTensor, n)[0]!.box));
    assert.ok(areas.every((area) => area >= 1 && area <= 64 * 64));
    assert.ok(areas.filter((area) => area > 100).length > 90);
  },
);

test.run();
