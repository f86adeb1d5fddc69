/** @file Data sets of images with boxes, for detection. */

import { countFrom } from "../../core/bounds.ts";
import { boxTargetShape, type LabelledBox, writeBoxes } from "../../core/boxTarget.ts";
import { type Problem, problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { sizeOf } from "../../core/tensor.ts";
import { type Inputs, inputProblems, shapeProblems, testInputProblems } from "./arrayChecks.ts";
import { boxesProblems } from "./boxChecks.ts";
import type { Dataset } from "./dataset.ts";
import { heldOut, rowsOf } from "./heldOut.ts";
import type { ImageShape } from "./labelledImages.ts";
import { mirrored } from "./mirrored.ts";
import { noSamples, type Samples } from "./samples.ts";
import { samplesDataset } from "./samplesDataset.ts";

/** Images one after another, each [H, W, C] in row-major order, and the boxes of each image; `[]` for an image without objects. */
export interface BoxedImages {
  readonly x: Inputs;
  readonly boxes: readonly (readonly LabelledBox[])[];
}

/** Options of `fromBoxes`. */
export interface FromBoxesOptions {
  /** Name of the data in events and tables. Default: `boxes`. */
  readonly name?: string;
  /** Names of the classes, or their number. Default: one more than the largest training label. */
  readonly classes?: readonly string[] | number;
  /** Slots of a target: the largest number of boxes on an image. Default: the boxes of the fullest image. */
  readonly slots?: number;
  /** Test images, or a share of the training images between 0 and 1, drawn with a fixed seed. Default: none. */
  readonly test?: BoxedImages | number;
  /**
   * Mirror each training image, with its boxes, left to right with probability 1/2. Do not use it where left and right matter, as for
   * letters. Default: false.
   */
  readonly mirror?: boolean;
}

const right = (problems: readonly Problem[]): void => {
  if (problems.length > 0) throw new RangeflowFailure(...problems);
};

const isNames = (classes: unknown): classes is readonly string[] =>
  Array.isArray(classes) && classes.every((name) => typeof name === "string");

const optionProblems = ({ classes, slots, mirror, test }: FromBoxesOptions): readonly Problem[] => {
  const from1 = countFrom(1);
  const wrong = (name: string, value: unknown, expected: string): Problem =>
    problem(`fromBoxes, ${name}`, valueText(value), expected);
  const isImages = typeof test === "object" && test !== null;
  return [
    ...(classes === undefined || from1.holds(isNames(classes) ? classes.length : classes)
      ? []
      : [wrong("classes", classes, "their number, or their names; at least 1")]),
    ...(slots === undefined || from1.holds(slots) ? [] : [wrong("slots", slots, from1.expected)]),
    ...(mirror === undefined || typeof mirror === "boolean"
      ? []
      : [wrong("mirror", mirror, "true or false")]),
    ...(test === undefined || isImages || typeof test === "number"
      ? []
      : [wrong("test", test, "images { x, boxes }, or a share such as 0.2")]),
  ];
};

const imagesProblems = (
  where: string,
  { x, boxes }: BoxedImages,
  shape: ImageShape,
  classes: number | undefined,
): readonly Problem[] => {
  const wrong = inputProblems(where, x, sizeOf(shape));
  return wrong.length > 0 ? wrong : boxesProblems(where, boxes, x.length / sizeOf(shape), { shape, classes });
};

const separated = (
  all: BoxedImages,
  size: number,
  test: FromBoxesOptions["test"],
): readonly [train: BoxedImages, test: BoxedImages | undefined] => {
  if (typeof test !== "number") return [all, test];
  const taken = (samples: readonly number[]): BoxedImages => ({
    x: rowsOf(all.x, size, samples),
    boxes: samples.map((n) => all.boxes[n] ?? []),
  });
  const [kept, drawn] = heldOut("fromBoxes, test", test, all.boxes.length);
  return [taken(kept), taken(drawn)];
};

/** Refuses test images without any box: mean average precision would be undefined. */
const emptyProblems = ({ boxes }: BoxedImages): readonly Problem[] =>
  boxes.length === 0 || boxes.some(({ length }) => length > 0)
    ? []
    : [
        problem(
          "fromBoxes, test",
          `no box in ${boxes.length === 1 ? "its one image" : `any of its ${boxes.length} images`}`,
          "at least one",
          "mean average precision needs boxes",
        ),
      ];

/** Position of the image with the most boxes, and their number. */
const fullest = (
  where: string,
  { boxes }: BoxedImages,
): { readonly where: string; readonly count: number } => {
  const counts = boxes.map(({ length }) => length);
  const count = counts.reduce((most, length) => Math.max(most, length), 0);
  return { where: `${where}, image ${counts.indexOf(count)}`, count };
};

const slotProblems = (slots: number, { where, count }: ReturnType<typeof fullest>): readonly Problem[] =>
  count <= slots
    ? []
    : [problem(where, `${count} boxes`, `at most ${slots}, the slots of a target`, "raise slots")];

const samplesOf = ({ x, boxes }: BoxedImages, slots: number): Samples => {
  const y = new Float32Array(boxes.length * sizeOf(boxTargetShape(slots)));
  for (const [n, ofImage] of boxes.entries()) writeBoxes(ofImage, slots, y, n);
  return { x, y, count: boxes.length };
};

/**
 * A data set for detection from arrays in memory. The arrays may be used without a copy: do not change them afterwards.
 *
 * Float32 inputs are used unchanged. Bytes become (byte / 255 - mean) / std, with the mean and standard deviation of each channel over
 * the training images. The target of an image is [1, slots, 5]: (class, x0, y0, x1, y1) for each box. Unused slots come last and have
 * class -1.
 *
 * @param x images one after another, each [H, W, C] in row-major order
 * @param boxes for each image its objects: `label`, an index into `classes`, and `box`, the corners [x0, y0, x1, y1] in pixels, x to the
 *   right and y down, half-open, so that the width is x1 - x0; [] for an image without objects
 * @param shape [height, width, channels] of one image
 * @param options name, classes, slots, test images and mirroring
 * @throws `RangeflowFailure` for invalid lengths, shapes and labels, more boxes than slots, and boxes that are outside their image,
 *   without area, not finite or duplicated
 * @example
 * import { fromBoxes } from "rangeflow";
 *
 * const image = new Uint8Array(2 * 8 * 8).fill(200, 0, 8);
 * const data = fromBoxes(image, [[{ label: 0, box: [0, 0, 8, 1] }], []], [8, 8, 1], { classes: ["line"] });
 * data.targetShape; // [1, 1, 5]
 */
export const fromBoxes = (
  x: Inputs,
  boxes: BoxedImages["boxes"],
  shape: ImageShape,
  options: FromBoxesOptions = {},
): Dataset => {
  const known = { name: true, classes: true, slots: true, test: true, mirror: true } as const;
  const { name = "boxes", classes, test: wanted, mirror = false } = knownOptions("fromBoxes", options, known);
  right([...shapeProblems("fromBoxes, shape", shape, "image"), ...optionProblems(options)]);
  const all: BoxedImages = { x, boxes };
  const given = typeof classes === "object" ? classes.length : classes;
  right(imagesProblems("fromBoxes", all, shape, given));
  const [train, test] = separated(all, sizeOf(shape), wanted);
  const count = given ?? train.boxes.flat().reduce((most, { label }) => Math.max(most, label + 1), 1);
  const names = typeof classes === "object" ? classes : Array.from({ length: count }, (_, k) => String(k));
  if (test)
    right([
      ...imagesProblems("fromBoxes, test", test, shape, count),
      ...testInputProblems("fromBoxes, test", train.x, test.x),
      ...emptyProblems(test),
    ]);
  const crowds = [fullest("fromBoxes", train), ...(test ? [fullest("fromBoxes, test", test)] : [])];
  const slots = options.slots ?? Math.max(...crowds.map((crowd) => crowd.count), 1);
  right(crowds.flatMap((crowd) => slotProblems(slots, crowd)));
  const data = samplesDataset(
    { name, shape, classes: names, targetShape: boxTargetShape(slots) },
    { train: samplesOf(train, slots), test: test ? samplesOf(test, slots) : noSamples },
  );
  return mirror ? mirrored(data) : data;
};
