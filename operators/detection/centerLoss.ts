import { checkBounds, notNegative } from "../../core/bounds.ts";
import { type LabelledBox, readBoxes } from "../../core/boxTarget.ts";
import type { Problem } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { named } from "../../core/named.ts";
import { readsOnly } from "../../core/readsOnly.ts";
import { elements, type HostTensor, type Shape, sizeOf, tensor } from "../../core/tensor.ts";
import { evaluateLoss, type LossPlan, type LossValue } from "../losses/evaluateLoss.ts";
import type { Module } from "../module/module.ts";
import { probed, probeNumbers } from "../module/probe.ts";
import { boxTargetProblem } from "./boxTargetProblem.ts";
import { type Center, type CenterTruth, centerHeatmap } from "./centerHeatmap.ts";
import {
  boxChannels,
  boxOfCell,
  centerOutputProblem,
  centerStride,
  classesOf,
  sideOf,
} from "./centerOutput.ts";
import { focalLoss } from "./focalLoss.ts";
import { generalizedIouLoss } from "./generalizedIouLoss.ts";

/** Options of `centerLoss`. */
export interface CenterLossOptions {
  /** Weight of the overlap loss relative to the heatmap loss. Default: 1. */
  readonly overlapWeight?: number;
}

/** One image of a batch: its elements in output and gradient start at `from`; `weight` is that of its loss in the total. */
interface Part {
  readonly output: Float32Array;
  readonly from: number;
  readonly classes: number;
  readonly weight: number;
  readonly gradient: Float32Array;
}

/** The focal loss of a heatmap, summed over cells and classes. */
const heatmapLoss = (heat: Float64Array, { output, from, classes, weight, gradient }: Part): number => {
  let sum = 0;
  for (let cell = 0, at = from; at < from + (heat.length / classes) * (classes + boxChannels); cell++) {
    for (let k = 0; k < classes; k++, at++) {
      const { loss, slope } = focalLoss(output[at] as number, heat[cell * classes + k] as number);
      sum += loss;
      gradient[at] = weight * slope;
    }
    at += boxChannels;
  }
  return sum;
};

/** The overlap loss of the boxes at centres, summed over them. */
const overlapLoss = (
  centers: readonly Center[],
  width: number,
  { output, from, classes, weight, gradient }: Part,
): number => {
  let sum = 0;
  for (const { row, column, box } of centers) {
    const at = from + (row * width + column) * (classes + boxChannels) + classes;
    const { loss, gradient: slope } = generalizedIouLoss(boxOfCell(output, at, row, column), box);
    sum += loss;
    const slopes = [
      ((slope[2] - slope[0]) * sideOf(output[at] as number).slope) / 2,
      ((slope[3] - slope[1]) * sideOf(output[at + 1] as number).slope) / 2,
      centerStride * (slope[0] + slope[2]),
      centerStride * (slope[1] + slope[3]),
    ];
    for (const [i, one] of slopes.entries()) gradient[at + i] = weight * one;
  }
  return sum;
};

/** Loss, metrics and gradient of a batch. Sums are float64, image after image and cell after cell. */
const evaluate = (
  output: HostTensor,
  boxesOf: (n: number) => readonly LabelledBox[],
  overlapWeight: number,
): LossValue => {
  const y = elements(output);
  const [samples, height, width] = output.shape as [number, number, number, number];
  const classes = classesOf(output.shape);
  const truths = Array.from({ length: samples }, (_, n) =>
    centerHeatmap(boxesOf(n), { height, width, classes }),
  );
  const count = (of: (truth: CenterTruth) => number): number =>
    Math.max(
      truths.reduce((sum, truth) => sum + of(truth), 0),
      1,
    );
  const [hot, centered] = [count(({ hottest }) => hottest), count(({ centers }) => centers.length)];
  const gradient = new Float32Array(y.length);
  let [heatmap, overlap] = [0, 0];
  for (const [n, { heat, centers }] of truths.entries()) {
    const part = { output: y, from: (n * y.length) / samples, classes, gradient };
    heatmap += heatmapLoss(heat, { ...part, weight: 1 / hot });
    overlap += overlapLoss(centers, width, { ...part, weight: overlapWeight / centered });
  }
  const metrics = { "heatmap loss": heatmap / hot, "overlap loss": overlap / centered };
  return { loss: heatmap / hot + (overlapWeight * overlap) / centered, metrics, gradient };
};

/**
 * Loss of a centre-based detector such as `centerDetector`: the focal loss of its heatmap, plus the generalized IoU loss of the
 * boxes at centres.
 *
 *     output [N, H / 4, W / 4, classes + 4],   target [N, 1, slots, 5]   ->   loss [1, 1, 1, 1]
 *     loss = (sum of focalLoss over cells and classes) / n  +  overlapWeight * (mean over centres of generalizedIouLoss)
 *
 * Here n is the number of (cell, class) entries with the centre of an object, at least 1; both terms are over the whole batch.
 * Slots of the target are (class, x0, y0, x1, y1) in pixels, class -1 for an empty slot. Emits the metrics `loss`, `heatmap loss`
 * and `overlap loss`.
 *
 * CenterNet trains sizes and offsets with an L1 loss. The overlap loss is that of TTFNet (Liu et al. 2020, arXiv:1909.00700), at
 * centres only; its weight is ours.
 *
 * @throws `RangeflowFailure` for unknown options, or a negative weight
 * @see Zhou et al. 2019, arXiv:1904.07850, section 3
 * @example
 * import { build, centerLoss, scopeFor } from "rangeflow/operators";
 * import { reference } from "rangeflow/engines";
 *
 * build(centerLoss(), scopeFor({ engine: reference(), shape: [24, 24, 14] })).shape; // [1, 1, 1]
 */
export const centerLoss = (options: CenterLossOptions = {}): Module => {
  const { overlapWeight = 1 } = knownOptions("centerLoss", options, { overlapWeight: true });
  checkBounds("centerLoss", { overlapWeight }, { overlapWeight: notNegative });
  const planOf = (shape: Shape, path: string): LossPlan | Problem =>
    centerOutputProblem(path, shape) ?? {
      refuses: boxTargetProblem,
      metrics: ["heatmap loss", "overlap loss"],
      evaluate: (output, target) =>
        evaluate(output, (n) => readBoxes(target as HostTensor, n), overlapWeight),
    };
  const probe = (): readonly unknown[] => {
    const shape: Shape = [1, 4, 4, 5];
    const boxes: readonly LabelledBox[] = [{ label: 0, box: [1, 2, 12, 9] }];
    return [
      probed(() => evaluate(tensor(probeNumbers(sizeOf(shape)), shape), () => boxes, overlapWeight).gradient),
    ];
  };
  return named(
    overlapWeight === 1 ? "centerLoss" : `centerLoss:overlapWeight=${overlapWeight}`,
    evaluateLoss(readsOnly(planOf), { place: "centerLoss", functions: [evaluate], probe }),
  );
};
