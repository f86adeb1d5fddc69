/**
 * @file Targets of detection: which boxes an image has, as a tensor [N, 1, M, 5] of float32.
 *
 * Each image has M slots, each of them (class, x0, y0, x1, y1) with the corners of a `Box`. The class of an empty slot is -1, its other numbers are
 * 0, and empty slots come last, so that images of one batch may have boxes of any number from 0 to M.
 */
import type { Box } from "./boxes.ts";
import { elements, type HostTensor, type Shape } from "./tensor.ts";

/** A box and the class of what it holds, as an index of class names. */
export interface LabelledBox {
  readonly label: number;
  readonly box: Box;
}

/** Numbers of one slot: the class and the four corners. */
const slotSize = 5;

/** Class of a slot that holds no box. */
export const noClass = -1;

/** [H, W, C] of the target of one image with so many slots: [1, slots, 5]. */
export const boxTargetShape = (slots: number): Shape & readonly [1, number, number] => [1, slots, slotSize];

/**
 * Writes the boxes of image `n` to their slots; those that are left over become empty. There must not be more boxes than slots.
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
