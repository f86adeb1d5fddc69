import type { Losses } from "../../core/signal.ts";
import { quantity } from "./quantity.ts";

/** The training losses before this step; unknown at the first step, and in an evaluation that does not track them. */
export const trainingLosses = quantity<Losses>();

/**
 * Number of levels of AdaQuantFL at a loss: few while the loss is large, and more as it falls.
 *
 *     ceil(sqrt(first loss / recent loss) start),   1 at least and `most` at most
 *
 * @param losses training losses so far; without them the result is `start`
 * @param options `start`: number of levels at the first loss (default: 2); `most`: upper limit (default: 127)
 * @example
 * adaFlLevels({ first: 2, recent: 0.5 }); // 4
 * @see Jhunjhunwala et al. 2021, arXiv:2102.04487; the rule as in an implementation of DAdaQuant
 */
export const adaFlLevels = (
  losses: Losses | undefined,
  { start = 2, most = 127 }: { readonly start?: number; readonly most?: number } = {},
): number => {
  if (losses === undefined) return Math.min(start, most);
  const { first, recent } = losses;
  return recent > 0 ? Math.min(Math.max(Math.ceil(Math.sqrt(first / recent) * start), 1), most) : most;
};
