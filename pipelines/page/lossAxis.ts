/** @file The axis that losses are drawn on until a person chooses another one. */
import type { RunView } from "../views/runView.ts";

/** Factor between losses from which on a linear axis shows next to nothing of the smaller ones. */
const wide = 1000;

/** The axis on which more is seen of the losses of some runs. */
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
