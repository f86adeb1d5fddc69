/**
 * @file Targets of detection: the boxes of each image, as a float32 tensor [N, 1, M, 5].
 *
 * Each image has M slots of (class, x0, y0, x1, y1), with the corners of a `Box`. An empty slot has class -1 and
 * otherwise zeros. Empty slots come last, so the images of a batch may have from 0 to M boxes each.
 */
import type { Box } from "./boxes.ts";
import { elements, type HostTensor, type Shape } from "./tensor.ts";

/** A box, and the class of the object in it as an index into the class names. */
export interface LabelledBox {
  /** Index of the class name. */
  readonly label: number;
  /** Corners in pixels. */
  readonly box: Box;
}

/** Numbers per slot: the class and four coordinates. */
const slotSize = 5;

/** Class of an empty slot. */
export const noClass = -1;

/** [H, W, C] of the target of one image with `slots` slots: [1, slots, 5]. */
export const boxTargetShape = (slots: number): Shape & readonly [1, number, number] => [1, slots, slotSize];

/**
 * Writes the boxes of image `n` to its slots; the remaining slots become empty. There must not be more boxes than
 * slots.
 *
 * @param out the elements of a target [N, 1, slots, 5]
 */
export const writeBoxes = (
  boxes: readonly LabelledBox[],
  slots: number,
  out: Float32Array,
  n: number,
): void => {
  const start = n * slots * slotSize;
  out.fill(0, start, start + slots * slotSize);
  for (let slot = 0; slot < slots; slot++) {
    const at = start + slot * slotSize;
    const found = boxes[slot];
    out[at] = found?.label ?? noClass;
    if (found) out.set(found.box, at + 1);
  }
};

/** The boxes of image `n` of a target, up to its first empty slot. */
export const readBoxes = (target: HostTensor, n: number): readonly LabelledBox[] => {
  const slots = target.shape[2] as number;
  const values = elements(target);
  const boxes: LabelledBox[] = [];
  for (let slot = n * slots; slot < (n + 1) * slots; slot++) {
    const [label, x0, y0, x1, y1] = values.subarray(slot * slotSize, (slot + 1) * slotSize);
    if (label === undefined || !(label >= 0)) break;
    boxes.push({ label, box: [x0, y0, x1, y1] as Box });
  }
  return boxes;
};
