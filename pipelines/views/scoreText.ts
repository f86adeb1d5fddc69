/**
 * @file Scores as text: accuracies and mean average precisions in percent, PSNR in dB, and others, such as a loss, with significant
 *   digits.
 */

import type { Better } from "../../operators/taps/outputMetric.ts";
import { isMeanAveragePrecision, isShare } from "../runs/scores.ts";

/** Unit in which a score is printed. */
export const scoreUnit = (metric: string): { readonly factor: number; readonly unit: string } => {
  if (isShare(metric)) return { factor: 100, unit: "%" };
  return { factor: 1, unit: metric === "psnr" ? "dB" : "" };
};

/** Significant digits of a score without a unit. */
const significant = 4;

/**
 * Makes a formatter for numbers that appear together, such as a mean and its deviation: two decimals for a unit, otherwise as many as
 * give the largest of them four digits.
 */
export const scoreFormat = (metric: string, together: readonly number[]): ((value: number) => string) => {
  const { factor, unit } = scoreUnit(metric);
  if (unit !== "") return (value) => (factor * value).toFixed(2);
  const largest = Math.max(0, ...together.map(Math.abs).filter(Number.isFinite));
  if (largest > 0 && (largest < 1e-5 || largest >= 1e7))
    return (value) => value.toExponential(significant - 1);
  const decimals = largest === 0 ? 0 : Math.max(0, significant - 1 - Math.floor(Math.log10(largest)));
  return (value) => value.toFixed(decimals);
};

/** A score in its unit; a dash if there is none. */
export const scoreText = (metric: string, score: number | undefined): string =>
  score === undefined ? "-" : `${scoreFormat(metric, [score])(score)} ${scoreUnit(metric).unit}`.trimEnd();

/** Name of a score in printed lines. */
export const scoreName = (metric: string): string => (metric === "psnr" ? "PSNR" : metric);

/** Title of the scores of runs: `test loss, lower is better`. Accuracy and PSNR need no explanation. */
export const scoreTitle = (metric: string, better: Better): string => {
  if (isMeanAveragePrecision(metric)) return `test ${metric}`;
  return scoreUnit(metric).unit === "" ? `test ${metric}, ${better} is better` : "test";
};
