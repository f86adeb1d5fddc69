/** @file Scores of runs in printed lines. */
import { percent } from "../report/table.ts";

/** A score in its unit; nothing where there is none. */
export const scoreText = (metric: string, score: number | undefined): string => {
  if (score === undefined) return "-";
  if (metric === "accuracy") return percent(score);
  return metric === "psnr" ? `${score.toFixed(2)} dB` : score.toPrecision(4);
};

/** Name of a score in printed lines. */
export const scoreName = (metric: string): string => (metric === "psnr" ? "PSNR" : metric);
