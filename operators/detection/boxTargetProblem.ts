import { boxTargetShape, noClass } from "../../core/boxTarget.ts";
import { type Problem, problem } from "../../core/errors.ts";
import type { Target } from "../../core/target.ts";
import { elements, type HostTensor, type Shape, sameShape, shapeText } from "../../core/tensor.ts";
import { centerStride, classesOf } from "./centerOutput.ts";

/** Size of the image in pixels, and number of classes. */
interface Frame {
  readonly height: number;
  readonly width: number;
  readonly classes: number;
}

/** The numbers of a slot. */
type Slot = readonly [label: number, x0: number, y0: number, x1: number, y1: number];

type Wrong = readonly [found: string, expected: string];

/** What is wrong with a slot that is not empty; `undefined` if it is a box on its image. */
const wrongBox = ([label, x0, y0, x1, y1]: Slot, { height, width, classes }: Frame): Wrong | undefined => {
  const text = `a box [${[x0, y0, x1, y1].join(", ")}]`;
  if (!Number.isInteger(label) || label < 0 || label >= classes)
    return [
      `class ${label}`,
      `integers from 0 to ${classes - 1}, since the output has ${classes} classes, or ${noClass} for an empty slot`,
    ];
  if (![x0, y0, x1, y1].every(Number.isFinite) || x1 < x0 || y1 < y0)
    return [text, "finite [x0, y0, x1, y1] with x0 <= x1 and y0 <= y1"];
  const [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2];
  return x >= 0 && x <= width && y >= 0 && y <= height
    ? undefined
    : [`${text} with its centre outside of the image`, `boxes on an image of ${height}x${width}`];
};

/** The first invalid slot of a target [N, 1, slots, 5], and what is wrong with it. */
const wrongSlot = (target: HostTensor, frame: Frame): readonly [slot: number, ...Wrong] | undefined => {
  const values = elements(target);
  const [, , slots, size] = target.shape as [number, number, number, number];
  for (let slot = 0; slot * size < values.length; slot++) {
    const numbers = [...values.subarray(slot * size, (slot + 1) * size)] as unknown as Slot;
    if (numbers[0] === noClass) continue;
    const isBehindEmpty = slot % slots > 0 && values[(slot - 1) * size] === noClass;
    const wrong: Wrong | undefined = isBehindEmpty
      ? ["a box behind an empty slot", "empty slots behind all boxes"]
      : wrongBox(numbers, frame);
    if (wrong) return [slot, ...wrong];
  }
  return undefined;
};

/**
 * Why a target is not boxes [N, 1, slots, 5] for an output [N, H / 4, W / 4, classes + 4]; `undefined` if it is. Boxes without area
 * are accepted.
 *
 * @param where name of the loss, for the error
 */
export const boxTargetProblem = (where: string, output: Shape, target: Target): Problem | undefined => {
  const [samples, rows, columns] = output as [number, number, number, number];
  const expected = `boxes, a tensor of ${samples}x1xslotsx5`;
  if (target instanceof Int32Array) return problem(where, "labels as the target", expected);
  const slots = target.shape[2] as number;
  if (!sameShape(target.shape, [samples, ...boxTargetShape(slots)]))
    return problem(where, `a target of ${shapeText(target.shape)}`, expected);
  const frame = { height: centerStride * rows, width: centerStride * columns, classes: classesOf(output) };
  const wrong = wrongSlot(target, frame);
  if (wrong === undefined) return undefined;
  const [slot, found, wanted] = wrong;
  return problem(where, `${found} at image ${Math.floor(slot / slots)}, slot ${slot % slots}`, wanted);
};
