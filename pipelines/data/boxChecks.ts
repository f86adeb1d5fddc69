/** @file Checks of boxes on images. */
import { type Box, boxArea } from "../../core/boxes.ts";
import type { LabelledBox } from "../../core/boxTarget.ts";
import { type Problem, problem, valueText } from "../../core/errors.ts";
import type { ImageShape } from "./labelledImages.ts";

/** Limits that boxes have to fit. */
export interface BoxLimits {
  /** Shape of the image. */
  readonly shape: ImageShape;
  /** Number of classes; undefined if any label is valid. */
  readonly classes: number | undefined;
}

const isBox = (box: unknown): box is Box =>
  Array.isArray(box) && box.length === 4 && box.every((corner) => typeof corner === "number");

const isLabelled = (one: unknown): one is LabelledBox =>
  typeof one === "object" && one !== null && "label" in one && "box" in one && isBox(one.box);

const boxText = (box: Box): string => `[${box.join(", ")}]`;

/**
 * The problem with a box that cannot be on its image; undefined if there is none.
 *
 * Corners are compared as float32 numbers, because targets hold them as such.
 */
const boxProblem = (where: string, box: Box, [height, width]: ImageShape): Problem | undefined => {
  const [x0, y0, x1, y1] = box.map(Math.fround) as unknown as Box;
  if (!box.every(Number.isFinite)) return problem(where, `the box ${boxText(box)}`, "finite numbers");
  if (boxArea([x0, y0, x1, y1]) === 0)
    return problem(
      where,
      `the box ${boxText(box)}, which has no area`,
      "[x0, y0, x1, y1] with x0 < x1 and y0 < y1",
      "the last two numbers are the other corner, not width and height",
    );
  if (x0 < 0 || y0 < 0 || x1 > width || y1 > height)
    return problem(
      where,
      `the box ${boxText(box)}, which is not on its image`,
      `x from 0 to ${width} and y from 0 to ${height}`,
      "clip it, and check that its numbers are pixels of this image",
    );
  return undefined;
};

const labelProblem = (where: string, label: unknown, classes: number | undefined): Problem | undefined =>
  Number.isSafeInteger(label) && (label as number) >= 0 && (label as number) < (classes ?? 2 ** 24)
    ? undefined
    : problem(
        where,
        `label ${valueText(label)}`,
        classes === undefined ? "an integer from 0" : `an integer from 0 to ${classes - 1}`,
      );

const isSame = (a: LabelledBox, b: LabelledBox): boolean =>
  a.label === b.label && a.box.every((corner, i) => corner === b.box[i]);

/** The first problem with the boxes of one image; undefined if there is none. An image without boxes is valid. */
const imageProblem = (where: string, boxes: unknown, limits: BoxLimits): Problem | undefined => {
  if (!Array.isArray(boxes))
    return problem(where, valueText(boxes), "an array of { label, box }; [] for an image without objects");
  const seen: LabelledBox[] = [];
  for (const [i, one] of boxes.entries()) {
    const at = `${where}, box ${i}`;
    if (!isLabelled(one)) return problem(at, valueText(one), "{ label, box: [x0, y0, x1, y1] } of numbers");
    const wrong = labelProblem(at, one.label, limits.classes) ?? boxProblem(at, one.box, limits.shape);
    if (wrong) return wrong;
    if (seen.some((other) => isSame(one, other)))
      return problem(at, `the box ${boxText(one.box)} of class ${one.label} twice`, "each object once");
    seen.push(one);
  }
  return undefined;
};

/** The problem with the first image that has one. */
export const boxesProblems = (
  where: string,
  boxes: unknown,
  count: number,
  limits: BoxLimits,
): readonly Problem[] => {
  if (!Array.isArray(boxes))
    return [problem(where, `boxes are ${valueText(boxes)}`, "an array of boxes for each image")];
  if (boxes.length !== count)
    return [problem(where, `boxes of ${boxes.length} images for ${count} images`, "an array for each")];
  for (const [n, ofImage] of boxes.entries()) {
    const wrong = imageProblem(`${where}, image ${n}`, ofImage, limits);
    if (wrong) return [wrong];
  }
  return [];
};
