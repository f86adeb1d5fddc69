/** @file Which boxes that a detector has found are boxes that are there. */
import { intersectionOverUnion } from "../../core/boxes.ts";
import { matchBoxes } from "../../operators/detection/matchBoxes.ts";
import type { DetectedPicture } from "../runs/detectedPictures.ts";

/** Least intersection over union of a box that is found, as mAP@0.5 has it. */
export const leastOverlap = 0.5;

/** For each box that was found, the surest first, the place of the box of its class that it finds, as `matchBoxes` has it; from any score on. */
export const matchedBoxes = ({
  truth,
  found,
}: Pick<DetectedPicture, "truth" | "found">): readonly (number | undefined)[] =>
  matchBoxes(
    found.map((one) =>
      truth.map(({ label, box }) => (label === one.label ? intersectionOverUnion(one.box, box) : 0)),
    ),
    leastOverlap,
  );
