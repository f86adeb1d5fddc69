/** @file Matches the boxes that a detector has found with the true boxes. */
import { intersectionOverUnion } from "../../core/boxes.ts";
import { matchBoxes } from "../../operators/detection/matchBoxes.ts";
import type { DetectedPicture } from "../runs/detectedPictures.ts";

/** Least intersection over union of a match, as in mAP@0.5. */
export const leastOverlap = 0.5;

/** For each found box, highest score first, the index of the true box of its class that it matches, as in `matchBoxes`; for any score. */
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
