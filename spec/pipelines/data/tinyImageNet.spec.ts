/** @file Tiny ImageNet folders: JPEG files to pixels, ids to labels; what is wrong with a file or folder has its sentence. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeImages } from "../../../pipelines/data/jpeg.ts";
import { tinyImageNet } from "../../../pipelines/data/tinyImageNet.ts";
import { scratch } from "../files/scratch.ts";
import { directory, failureOf, jpeg, usual } from "./tinyImageNetFolders.ts";

const test = suite("tinyImageNet");

const closeTo = (found: ArrayLike<number>, expected: readonly number[]): void =>
  expected.forEach((value, i) => {
    // The message of an image takes longer than to compare all of it, so it is made for one that differs.
    if (!(Math.abs(found[i]! - value) <= 2)) assert.unreachable(`${Array.from(found)} is not ${expected}`);
  });

test("labels are lines of wnids.txt; the classes of training images take turns, each by number", async () => {
  const { train, test: validation, shape, classes } = await tinyImageNet(await directory());
  assert.equal(
    [shape, classes],
    [
      [64, 64, 3],
      ["n2", "n1"],
    ],
  );
  assert.equal([...train.labels], [0, 1, 0, 0]);
  assert.equal([...validation.labels], [1, 0]);
  const image = (n: number): Uint8Array => train.images.subarray(n * 64 * 64 * 3);
  closeTo(image(0), [0, 30, 30, 0, 30, 30]);
  closeTo(image(2), [100, 20, 30]);
  closeTo(image(3), [200, 10, 30]);
  closeTo(validation.images, [50, 150, 250]);
});

test("a grey image has three equal channels", async () => {
  const { train } = await tinyImageNet(await directory());
  closeTo(train.images.subarray(64 * 64 * 3, 2 * 64 * 64 * 3), new Array(64 * 64 * 3).fill(77));
});

test("rows and columns stay where they are", async () => {
  const pixels = Buffer.from(
    Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 32 ? 250 : Math.floor(i / 64))).flatMap((v) => [
      v,
      v,
      v,
    ]),
  );
  const file = await sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } })
    .jpeg({ quality: 100 })
    .toBuffer();
  const { train } = await tinyImageNet(await directory({ "train/n2/images/n2_0.JPEG": file }));
  for (const [row, column, value] of [
    [0, 0, 250],
    [50, 10, 250],
    [4, 60, 4],
    [60, 60, 60],
  ] as const)
    closeTo(train.images.subarray((row * 64 + column) * 3), [value]);
});

test("only so many images as are asked for are decoded", async () => {
  const dir = await directory({
    "train/n2/images/n2_10.JPEG": "damaged",
    "val/images/val_3.JPEG": "damaged",
  });
  const { train, test: validation } = await tinyImageNet(dir, { train: 3, test: 1 });
  assert.equal([train.count, validation.count, train.images.length], [3, 1, 3 * 64 * 64 * 3]);
});

test("the directory of the official archive is found inside the one that is named", async () => {
  const dir = scratch();
  await directory({}, join(dir, "tiny-imagenet-200"));
  assert.is((await tinyImageNet(dir)).train.count, 4);
  assert.match(await failureOf(() => tinyImageNet(scratch())), /: no file wnids\.txt, expected/);
});

test("what is missing is named", async () => {
  assert.match(
    await failureOf(() => tinyImageNet(join(scratch(), "none"))),
    /none: no such file or directory, expected the directory of Tiny ImageNet; name it with --data-dir/,
  );
  for (const [name, pattern] of [
    ["train/n1", /train\/n1\/images: no such file or directory, expected the training images of class n1/],
    ["val/val_annotations.txt", /val_annotations\.txt: no such file or directory/],
    ["val/images/val_3.JPEG", /val_3\.JPEG: no such file or directory, expected an image file/],
  ] as const) {
    const dir = await directory();
    rmSync(join(dir, name), { recursive: true });
    assert.match(await failureOf(() => tinyImageNet(dir)), pattern);
  }
});

test("a damaged or truncated JPEG, and one of another size, are named", async () => {
  const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i * 31) % 251));
  const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
    .jpeg()
    .toBuffer();
  for (const file of [Buffer.from("no image"), whole.subarray(0, whole.length / 2), Buffer.alloc(0)])
    assert.match(
      await failureOf(async () => tinyImageNet(await directory({ "train/n2/images/n2_2.JPEG": file }))),
      /n2_2\.JPEG: an image that cannot be decoded \(.+\), expected a whole JPEG or PNG image; copy or download it again/,
    );
  const large = await jpeg([1, 2, 3], 65);
  assert.match(
    await failureOf(async () => tinyImageNet(await directory({ "train/n2/images/n2_2.JPEG": large }))),
    /n2_2\.JPEG: an image of 65x65, expected 64x64/,
  );
});

test("a class that wnids.txt does not have, or that has no name, is refused with its line", async () => {
  const list = (text: string) => directory({ "val/val_annotations.txt": text });
  assert.match(
    await failureOf(async () => tinyImageNet(await list("val_7.JPEG\tn1\nval_3.JPEG\tn9\n"))),
    /val_annotations\.txt, line 2: class "n9", expected one of the 2 in wnids\.txt/,
  );
  assert.match(
    await failureOf(async () => tinyImageNet(await list("val_7.JPEG"))),
    /line 1: class "", expected/,
  );
  const ids = Array.from({ length: 257 }, (_, i) => `n${i}`).join("\n");
  assert.match(
    await failureOf(async () => tinyImageNet(await directory({ "wnids.txt": ids }))),
    /wnids\.txt: 257 class ids, expected 2 to 256/,
  );
});

test("what macOS and Windows leave in folders is passed over", async () => {
  const plain = await tinyImageNet(await directory());
  const littered = await tinyImageNet(
    await directory({
      "train/n2/images/._n2_0.JPEG": "a resource fork",
      "train/n2/images/._x_1.JPEG": "a resource fork",
      "train/n1/images/.DS_Store": "",
      "train/n1/images/Thumbs.db": "",
      "val/images/.DS_Store": "",
    }),
  );
  assert.equal(littered.train, plain.train);
  assert.equal(littered.test, plain.test);
});

test("images may end in .JPEG, .jpeg, .jpg, .JPG or .png; PNG keeps pixels as they are", async () => {
  const png = await sharp({ create: { width: 64, height: 64, channels: 4, background: "#0a141e80" } })
    .png()
    .toBuffer();
  const [first] = await usual;
  const { train } = await tinyImageNet(
    await directory({
      "train/n1/images/n1_1.jpeg": first,
      "train/n1/images/n1_2.jpg": first,
      "train/n1/images/n1_3.JPG": first,
      "train/n1/images/n1_4.png": png,
    }),
  );
  assert.is(train.count, 8);
  assert.equal([...train.images.subarray(-3)], [10, 20, 30]);
});

test("a class without images is named, whatever else is in its folder", async () => {
  const dir = await directory({ "train/n1/images/.DS_Store": "" });
  rmSync(join(dir, "train/n1/images/n1_0.JPEG"));
  assert.match(
    await failureOf(() => tinyImageNet(dir)),
    /train\/n1\/images: no image, expected the training images of class n1, as \.JPEG, \.jpg or \.png files; /,
  );
});

test("a file that is no image, and an image under two endings, are named", async () => {
  const [first] = await usual;
  for (const [name, pattern] of [
    [
      "n2_0.JPEG.part",
      /train\/n2\/images: n2_0\.JPEG\.part among the images, expected JPEG and PNG files only/,
    ],
    ["n2_0 (copy).JPEG", /train\/n2\/images: n2_0 \(copy\)\.JPEG among the images, expected/],
    ["n2_0.png", /train\/n2\/images: both n2_0\.JPEG and n2_0\.png, expected one file for each image/],
  ] as const)
    assert.match(
      await failureOf(async () => tinyImageNet(await directory({ [`train/n2/images/${name}`]: first }))),
      pattern,
    );
});

test("a class or a validation image that is listed twice, and a list of none, are refused", async () => {
  for (const [name, text, pattern] of [
    ["wnids.txt", "n2\nn1\nn2\n", /wnids\.txt: class id n2 more than once, expected each class once; /],
    [
      "val/val_annotations.txt",
      "",
      /val_annotations\.txt: no image, expected a line for each validation image; /,
    ],
    ["val/val_annotations.txt", "\n\n", /val_annotations\.txt: no image, expected/],
    [
      "val/val_annotations.txt",
      "val_7.JPEG\tn1\nval_7.JPEG\tn2\n",
      /val_annotations\.txt: val_7\.JPEG more than once, expected a line for each image\./,
    ],
  ] as const)
    assert.match(await failureOf(async () => tinyImageNet(await directory({ [name]: text }))), pattern);
});

test("without the package sharp a sentence says what to install", async () => {
  assert.is(
    await failureOf(() =>
      decodeImages(["a.JPEG"], [64, 64, 3], () => Promise.reject(new Error("Cannot find it\nat some place"))),
    ),
    "JPEG images: no package sharp to decode them with (Cannot find it), expected sharp installed beside rangeflow; npm install sharp.",
  );
});

test.run();
