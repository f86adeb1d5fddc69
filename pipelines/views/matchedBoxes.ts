/** @file Which boxes that a detector has found are boxes that are there. */
import { intersectionOverUnion } from "../../core/boxes.ts";
import type { LabelledBox } from "../../core/boxTarget.ts";
import type { DetectedPicture } from "../runs/detectedPictures.ts";

/** Least intersection over union of a box that is found, as mAP@0.5 has it. */
export const leastOverlap = 0.5;

/**
 * For each box that was found, the surest first, the place of the box that it finds: of those of its class that no surer one has taken, the one that it
 * overlaps most, if that is by half. Undefined where there is none. What surer boxes take does not depend on less sure ones, so this holds from any score on.
 */
export const matchedBoxes = ({
  truth,
  found,
}: Pick<DetectedPicture, "truth" | "found">): readonly (number | undefined)[] => {
  const taken = new Set<number>();
  const overlapOf = (one: LabelledBox, i: number): number => {
    const there = truth[i]!;
    return taken.has(i) || there.label !== one.label ? 0 : intersectionOverUnion(one.box, there.box);
  };
  return found.map((one) => {
    const overlaps = truth.map((_, i) => overlapOf(one, i));
    const best = overlaps.indexOf(Math.max(...overlaps));
    if (!((overlaps[best] ?? 0) >= leastOverlap)) return undefined;
    taken.add(best);
    return best;
  });
};
