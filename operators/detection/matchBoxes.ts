/** Largest threshold, so that an overlap of 1 is always enough, as in pycocotools. */
const reachable = 1 - 1e-10;

/**
 * Matches detections to boxes, by descending score: each detection gets the box with the largest overlap that no earlier one has
 * taken (of equal ones the last); `undefined` if no overlap is large enough. As in pycocotools.
 *
 * @param overlaps IoU of each detection with each box; 0 if their classes differ
 * @param least smallest overlap of a match
 * @example
 * import { matchBoxes } from "rangeflow/operators";
 *
 * // The second one overlaps a box that is taken.
 * matchBoxes([[0.9, 0.6], [0.8, 0.2]], 0.5); // [0, undefined]
 */
export const matchBoxes = (
  overlaps: readonly (readonly number[])[],
  least: number,
): readonly (number | undefined)[] => {
  const taken = new Set<number>();
  return overlaps.map((row) => {
    let best = Math.min(least, reachable);
    let match: number | undefined;
    for (const [i, overlap] of row.entries())
      if (!taken.has(i) && overlap >= best) [best, match] = [overlap, i];
    if (match !== undefined) taken.add(match);
    return match;
  });
};
