import type { Losses, Signal } from "../../core/signal.ts";

/** Weight of the past in the recent loss: about ten batches. */
const decay = 0.9;

/**
 * The training losses after one more signal, to be passed to the next batch; a fold over the signals of a network.
 *
 *     first = loss of the first batch,   recent <- 0.9 recent + 0.1 loss, starting with the first
 *
 * @param before `undefined` until the first loss
 * @example
 * const loss = { _tag: "Metric", name: "loss", training: true, step: 0, samples: 8 } as const;
 * const first = lossesAfter(undefined, { ...loss, value: 2 }); // { first: 2, recent: 2 }
 * lossesAfter(first, { ...loss, value: 1 }); // { first: 2, recent: 1.9 }
 */
export const lossesAfter = (before: Losses | undefined, signal: Signal): Losses | undefined => {
  if (signal._tag !== "Metric" || signal.name !== "loss" || !signal.training) return before;
  const { value } = signal;
  return before
    ? { ...before, recent: decay * before.recent + (1 - decay) * value }
    : { first: value, recent: value };
};
