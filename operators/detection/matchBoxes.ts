/** Smallest difference from 1 that keeps an overlap of 1 reachable, as in pycocotools. */
const reachable = 1 - 1e-10;

/**
 * For each detection, the surest first, the place of the box that it finds: of those that no surer one has taken, the one that it overlaps most, of
 * equal ones the last; undefined where none overlaps enough. What surer detections find does not depend on less sure ones. As in pycocotools.
 *
 * @param overlaps intersection over union of each detection with each box; 0 where their classes differ
 * @param least overlap that counts as found
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
