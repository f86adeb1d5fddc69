/** @file Score of a run: one metric, of training and of evaluation. */
import type { Better } from "../../operators/taps/outputMetric.ts";
import type { ScoreMetric } from "../experiments/experiment.ts";

/** Scores of one epoch. */
export interface EpochScores {
  /** Name of the metric: `accuracy` (share of correctly classified samples), `psnr` (dB), `loss`, or a user-defined one. */
  readonly metric: string;
  /** Score on the training samples; absent for metrics that are computed over a whole evaluation. */
  readonly trainScore?: number;
  /** Score on the test samples; absent if there are none. */
  readonly testScore?: number;
}

/** Score of a run, on the test samples or, if there are none, on the training samples. */
export interface FinalScores {
  /** Name of the metric. */
  readonly metric: string;
  readonly better: Better;
  /** Score after the last epoch. */
  readonly score: number;
  /** Best score of all epochs. */
  readonly bestScore: number;
}

/** Metrics that the package's losses report, in the order in which a run prefers them as its score. */
export const preferred: readonly ScoreMetric[] = [
  { metric: "accuracy", better: "higher" },
  { metric: "psnr", better: "higher" },
  { metric: "loss", better: "lower" },
];

/**
 * Metric that scores a run.
 *
 * @param wanted the experiment's own choice, if it has one
 * @param isMeasured whether a metric was reported in training
 */
export const scoreFor = (
  wanted: ScoreMetric | undefined,
  isMeasured: (metric: string) => boolean,
): ScoreMetric =>
  wanted ?? preferred.find(({ metric }) => isMeasured(metric)) ?? (preferred.at(-1) as ScoreMetric);

/** The best score, ignoring NaN; NaN if there is none. */
const bestOf = (better: Better, scores: readonly number[]): number => {
  const numbers = scores.filter((score) => !Number.isNaN(score));
  if (numbers.length === 0) return Number.NaN;
  return better === "higher" ? Math.max(...numbers) : Math.min(...numbers);
};

/** Final scores from those of all epochs. */
export const finalScores = ({ metric, better }: ScoreMetric, scores: readonly number[]): FinalScores => ({
  metric,
  better,
  score: scores.at(-1) ?? Number.NaN,
  bestScore: bestOf(better, scores),
});

/** Whether a metric is a mean average precision, such as `mAP` or `mAP@0.5`. These are printed in percent, as COCO's are. */
export const isMeanAveragePrecision = (metric: string): boolean =>
  metric === "mAP" || metric.startsWith("mAP@");

/** Whether a metric is a share of, or a mean over, test samples. These are printed in percent. */
export const isShare = (metric: string): boolean => metric === "accuracy" || isMeanAveragePrecision(metric);

/**
 * Smallest difference between two different scores. For shares of, and means over, test samples it is that of one sample; undefined for
 * other metrics, whose resolution is unknown, and for training scores, which are means over batches.
 */
export const scoreResolution = ({
  metric,
  testImages,
}: FinalScores & { readonly testImages: number }): number | undefined =>
  testImages > 0 && isShare(metric) ? 1 / testImages : undefined;
