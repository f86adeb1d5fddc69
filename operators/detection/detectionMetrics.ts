import { readBoxes } from "../../core/boxTarget.ts";
import { RangeflowFailure } from "../../core/errors.ts";
import { readsOnly } from "../../core/readsOnly.ts";
import type { Target } from "../../core/target.ts";
import type { HostTensor } from "../../core/tensor.ts";
import { epochMetric } from "../taps/epochMetric.ts";
import type { OutputMetric } from "../taps/outputMetric.ts";
import { boxTargetProblem } from "./boxTargetProblem.ts";
import { centerOutputProblem } from "./centerOutput.ts";
import { decodeCenters } from "./decodeCenters.ts";
import { cocoOverlaps, type DetectedImage, meanAveragePrecision } from "./meanAveragePrecision.ts";

/** Detections and ground truth of a batch with an output [N, H / 4, W / 4, classes + 4]. */
const gather = readsOnly((output: HostTensor, target: Target): readonly DetectedImage[] => {
  const wrong =
    centerOutputProblem("detectionMetrics", output.shape.slice(1)) ??
    boxTargetProblem("detectionMetrics", output.shape, target);
  if (wrong) throw new RangeflowFailure(wrong);
  return Array.from({ length: output.shape[0] as number }, (_, n) => ({
    found: decodeCenters(output, n),
    truth: readBoxes(target as HostTensor, n),
  }));
});

const metricOf = (name: string, overlaps: readonly number[]): OutputMetric =>
  epochMetric({
    name,
    better: "higher",
    gather,
    compute: readsOnly((batches: readonly (readonly DetectedImage[])[]) =>
      meanAveragePrecision(batches.flat(), overlaps),
    ),
  });

/**
 * Metrics of a centre-based detector such as `centerDetector`, computed from a whole evaluation: `mAP@0.5`, and `mAP` averaged over
 * IoU thresholds from 0.5 to 0.95. Equal to pycocotools.
 *
 * @example
 * import { detectionMetrics } from "rangeflow/operators";
 *
 * detectionMetrics.map(({ name }) => name); // ["mAP@0.5", "mAP"]
 */
export const detectionMetrics: readonly OutputMetric[] = [
  metricOf("mAP@0.5", [0.5]),
  metricOf("mAP", cocoOverlaps),
];
