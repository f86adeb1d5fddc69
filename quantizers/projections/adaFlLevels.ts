import type { Losses } from "../../core/signal.ts";
import { quantity } from "./quantity.ts";

/** The training loss before this step; undefined at the first one, and in evaluation where nobody follows it. */
export const trainingLosses = quantity<Losses>();

/**
 * Number of levels that AdaQuantFL takes at a loss: few while it is large, more as it falls.
 *
 *     ceil(sqrt(first loss / recent loss) start),   1 at least and `most` at most
 *
 * @param losses of the training so far; `start` without them
 * @example
 * adaFlLevels({ first: 2, recent: 0.5 }); // 4
 * @see Jhunjhunwala et al. 2021, arXiv:2102.04487; the rule as an implementation of DAdaQuant has it
 */
export const adaFlLevels = (
  losses: Losses | undefined,
  { start = 2, most = 127 }: { readonly start?: number; readonly most?: number } = {},
): number => {
  if (losses === undefined) return Math.min(start, most);
  const { first, recent } = losses;
  return recent > 0 ? Math.min(Math.max(Math.ceil(Math.sqrt(first / recent) * start), 1), most) : most;
};
