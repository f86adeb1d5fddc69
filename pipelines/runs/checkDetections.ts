import { boxTargetShape } from "../../core/boxTarget.ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { sameShape, shapeText } from "../../core/tensor.ts";
import type { DataFacts } from "../data/dataset.ts";
import type { Experiment } from "../experiments/experiment.ts";

/** @throws `RangeflowFailure` if boxes are decoded from outputs, but the data have no boxes to compare them with */
export const checkDetections = (
  { detections }: Pick<Experiment, "detections">,
  { name, targetShape }: Pick<DataFacts, "name" | "targetShape">,
): void => {
  if (detections === undefined || (targetShape && sameShape(targetShape, boxTargetShape(targetShape[1]))))
    return;
  throw new RangeflowFailure(
    problem(
      "experiment, detections",
      `data ${name} whose targets are ${targetShape ? shapeText(targetShape) : "classes"}`,
      "targets 1xMx5, the boxes of an image, as fromBoxes gives",
    ),
  );
};
