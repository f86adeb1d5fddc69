/** @file The initial axis of losses. */
import type { RunView } from "../views/runView.ts";

/** Ratio of losses at which a linear axis hides the small ones. */
const wide = 1000;

/** The axis that shows more of the losses of some runs. */
export const lossAxis = (runs: readonly RunView[]): "linear" | "log" => {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { learning } of runs)
    learning.lossSum.forEach((sum, i) => {
      if (learning.finite[i]! === 0) return;
      least = Math.min(least, sum / learning.finite[i]!);
      greatest = Math.max(greatest, sum / learning.finite[i]!);
    });
  return least > 0 && greatest > wide * least ? "log" : "linear";
};
