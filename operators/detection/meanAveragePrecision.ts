/** @file Mean average precision of COCO, as computed by its reference implementation `pycocotools`. */
import { intersectionOverUnion } from "../../core/boxes.ts";
import type { LabelledBox } from "../../core/boxTarget.ts";
import type { Detection } from "./decodeCenters.ts";
import { matchBoxes } from "./matchBoxes.ts";

/** Detections and ground truth of one image. */
export interface DetectedImage {
  /** Detections. */
  readonly found: readonly Detection[];
  /** True boxes. */
  readonly truth: readonly LabelledBox[];
}

/** Evenly spaced numbers, rounded as by `numpy.linspace`. */
const linspace = (from: number, to: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => (i === count - 1 ? to : from + i * ((to - from) / (count - 1))));

/** IoU thresholds that COCO averages over: 0.5, 0.55, .., 0.95. */
export const cocoOverlaps: readonly number[] = linspace(0.5, 0.95, 10);

/** Recalls at which COCO reads the precision: 0, 0.01, .., 1. */
const recalls: readonly number[] = linspace(0, 1, 101);

/** Maximum number of detections per class and image. */
const mostFound = 100;

/** Scores of the detections of a class in one image, and for each threshold whether each is the first match of a box. */
interface Matches {
  readonly scores: readonly number[];
  readonly hits: readonly (readonly boolean[])[];
}

/** Matches detections to boxes of one class in one image, by descending score. */
const matched = (
  found: readonly Detection[],
  truth: readonly LabelledBox[],
  overlaps: readonly number[],
): Matches => {
  const surest = found.toSorted((a, b) => b.score - a.score).slice(0, mostFound);
  const shared = surest.map(({ box }) => truth.map((one) => intersectionOverUnion(box, one.box)));
  return {
    scores: surest.map(({ score }) => score),
    hits: overlaps.map((least) => matchBoxes(shared, least).map((match) => match !== undefined)),
  };
};

/** Mean precision at 101 recalls, each the best precision at that recall or above; 0 for recalls that are not reached. */
const averagePrecision = (hits: readonly boolean[], boxes: number): number => {
  const recall: number[] = [];
  const precision: number[] = [];
  let right = 0;
  for (const [i, hit] of hits.entries()) {
    if (hit) right++;
    recall.push(right / boxes);
    precision.push(right / (i + 1));
  }
  for (let i = precision.length - 1; i > 0; i--)
    precision[i - 1] = Math.max(precision[i - 1] as number, precision[i] as number);
  let [sum, at] = [0, 0];
  for (const least of recalls) {
    while (at < recall.length && (recall[at] as number) < least) at++;
    sum += precision[at] ?? 0;
  }
  return sum / recalls.length;
};

/**
 * Mean average precision (mAP) of boxes, over the classes in the ground truth and over IoU thresholds.
 *
 *     AP[class, overlap] = mean over r in 0, 0.01 .. 1 of the best precision at a recall of r or more
 *
 * Equal to `pycocotools` with area `all` and 100 detections per class and image: detections of all images are sorted by score,
 * equal ones in the order of images, and each is matched with the box of its class that it overlaps most, once. Classes that occur
 * in no ground truth are ignored.
 *
 * @param overlaps IoU thresholds. Default: COCO's ten; `[0.5]` gives mAP@0.5.
 * @returns from 0 to 1; NaN if there are no boxes at all, where pycocotools returns -1
 * @see Lin et al. 2014, arXiv:1405.0312, and cocodataset.org
 * @example
 * import { meanAveragePrecision } from "rangeflow/operators";
 *
 * const box = [0, 0, 10, 10] as const;
 * meanAveragePrecision([{ found: [{ label: 2, box, score: 0.9 }], truth: [{ label: 2, box }] }]); // 1
 */
export const meanAveragePrecision = (
  images: readonly DetectedImage[],
  overlaps: readonly number[] = cocoOverlaps,
): number => {
  const labels = new Set(images.flatMap(({ truth }) => truth.map(({ label }) => label)));
  let sum = 0;
  for (const label of labels) {
    const ofClass = <T extends LabelledBox>(all: readonly T[]): readonly T[] =>
      all.filter((one) => one.label === label);
    const ofImages = images.map(({ found, truth }) => ({ found: ofClass(found), truth: ofClass(truth) }));
    const boxes = ofImages.reduce((count, { truth }) => count + truth.length, 0);
    const matches = ofImages.map(({ found, truth }) => matched(found, truth, overlaps));
    const scores = matches.flatMap((one) => one.scores);
    const order = scores.map((_, i) => i).sort((a, b) => (scores[b] as number) - (scores[a] as number));
    for (const i of overlaps.keys()) {
      const hits = matches.flatMap((one) => one.hits[i] as readonly boolean[]);
      sum += averagePrecision(
        order.map((at) => hits[at] as boolean),
        boxes,
      );
    }
  }
  return sum / (labels.size * overlaps.length);
};
