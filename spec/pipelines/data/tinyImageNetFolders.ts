/** @file A small Tiny ImageNet in its folders, with images of one colour each. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import * as assert from "uvu/assert";
import { failureOf as anyFailureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";

export type Colour = readonly [red: number, green: number, blue: number];

/** An image of one colour, which JPEG keeps to within 2 of 255. */
export const jpeg = ([r, g, b]: Colour, side = 64): Promise<Buffer> =>
  sharp({ create: { width: side, height: side, channels: 3, background: { r, g, b } } })
    .jpeg({ quality: 100 })
    .toBuffer();

const grey = (value: number): Promise<Buffer> =>
  sharp(Buffer.alloc(64 * 64, value), { raw: { width: 64, height: 64, channels: 1 } })
    .jpeg({ quality: 100 })
    .toBuffer();

export const usual = Promise.all([
  jpeg([200, 10, 30]),
  jpeg([100, 20, 30]),
  jpeg([0, 30, 30]),
  grey(77),
  jpeg([1, 2, 3]),
  jpeg([50, 150, 250]),
]);

/** Lists of boxes of the usual files. */
export const boxLists = {
  "train/n2/n2_boxes.txt": "n2_0.JPEG\t1\t2\t3\t4\nn2_2.JPEG\t0\t0\t63\t63\nn2_10.JPEG\t0\t39\t0\t46\n",
  "train/n1/n1_boxes.txt": "n1_0.JPEG\t60\t61\t63\t62\n",
} as const;

/** Two classes, n2 and n1 in this order, with training images 0, 2 and 10 of n2 and 0 of n1, and two images in `val`. */
export const directory = async (
  files: Readonly<Record<string, Buffer | string>> = {},
  dir = scratch(),
): Promise<string> => {
  const [tenth, second, first, ofOther, third, seventh] = await usual;
  const all = {
    "wnids.txt": "n2\nn1\n",
    "train/n2/images/n2_10.JPEG": tenth,
    "train/n2/images/n2_2.JPEG": second,
    "train/n2/images/n2_0.JPEG": first,
    "train/n1/images/n1_0.JPEG": ofOther,
    "val/val_annotations.txt": "val_7.JPEG\tn1\t0\t0\t9\t9\nval_3.JPEG\tn2\t5\t6\t63\t6\n",
    "val/images/val_3.JPEG": third,
    "val/images/val_7.JPEG": seventh,
    ...boxLists,
    ...files,
  };
  for (const [name, contents] of Object.entries(all)) {
    mkdirSync(join(dir, name, ".."), { recursive: true });
    writeFileSync(join(dir, name), contents);
  }
  return dir;
};

/** The sentence that something ends with. */
export const failureOf = async (act: () => Promise<unknown>): Promise<string> => {
  const message = await anyFailureOf(act);
  assert.match(message, /^[^\n]+: [^\n]+, expected [^\n]+\.$/);
  return message;
};
