/** @file What a run is judged by: one metric, of training and of evaluation. */
import type { Better } from "../../operators/taps/outputMetric.ts";
import type { ScoreMetric } from "../experiments/experiment.ts";

/** The score of one epoch; of evaluation only where there are test samples. */
export interface EpochScores {
  /** The metric: `accuracy`, the share of samples that are told right; `psnr`, in dB; `loss`; or one of a user's own. */
  readonly metric: string;
  /** Absent where the metric is one of a whole evaluation. */
  readonly trainScore?: number;
  readonly testScore?: number;
}

/** The score of a run, after its last epoch and at its best; that of training where there are no test samples. */
export interface FinalScores {
  readonly metric: string;
  readonly better: Better;
  readonly score: number;
  readonly bestScore: number;
}

/** The metrics that losses of this package tell, in the order in which a run goes by them unless it is told otherwise. */
export const preferred: readonly ScoreMetric[] = [
  { metric: "accuracy", better: "higher" },
  { metric: "psnr", better: "higher" },
  { metric: "loss", better: "lower" },
];

/**
 * Metric that a run is judged by.
 *
 * @param isMeasured whether a metric was told in training
 */
export const scoreFor = (
  wanted: ScoreMetric | undefined,
  isMeasured: (metric: string) => boolean,
): ScoreMetric =>
  wanted ?? preferred.find(({ metric }) => isMeasured(metric)) ?? (preferred.at(-1) as ScoreMetric);

/** The best of some scores, of which one that is NaN is none; NaN where there is none. */
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

/** Whether a score is a mean average precision, such as `mAP` or `mAP@0.5`, which are told in percent as COCO's are. */
export const isMeanAveragePrecision = (metric: string): boolean =>
  metric === "mAP" || metric.startsWith("mAP@");

/** Whether a score is a share of test samples, or a mean over them, which is told in percent. */
export const isShare = (metric: string): boolean => metric === "accuracy" || isMeanAveragePrecision(metric);

/**
 * Least difference of two scores that differ: of shares of test samples, and means over them, one sample; undefined of other metrics, whose
 * steps nobody has told, and of those of training, which are means that weigh all batches alike.
 */
export const scoreResolution = ({
  metric,
  testImages,
}: FinalScores & { readonly testImages: number }): number | undefined =>
  testImages > 0 && isShare(metric) ? 1 / testImages : undefined;
