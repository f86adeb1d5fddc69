/** @file Ranges that an estimator has given and that no tensor has used yet: each is kept until its tensor comes. */
import type { RangeflowFailure } from "../../core/errors.ts";
import { type Range, usableRange } from "../../core/range.ts";
import { givenRange } from "./givenRange.ts";

/** A range, or what was given instead of one. */
interface Given {
  readonly range: Range | string;
  readonly isAtOnce: boolean;
}

/** So many ranges may wait for tensors to come: one that emits without end would fill the memory. */
const mostAhead = 2 ** 20;

/** Tensors in a row at which one more range waits than at the one before: an estimator that leads does not lead by more and more. */
const mostGrowth = 100;

export interface RangeQueue {
  /** Takes what was given; whether there is room for more. */
  readonly add: (range: unknown, isAtOnce: boolean) => boolean;
  /** Ranges that wait. */
  readonly waiting: () => number;
  /** Ranges that were ever given. */
  readonly given: () => number;
  /** The next one, if it was given at once. @throws `RangeflowFailure` if it cannot be used */
  readonly ahead: (step: number) => Range | undefined;
  /** The next one, for the tensor of a step. @throws `RangeflowFailure` if it cannot be used, or more and more wait */
  readonly take: (step: number) => Range | undefined;
  /** The one that was taken last. */
  readonly last: () => Range | undefined;
}

/** @param failure what to throw of what an estimator gave */
export const rangeQueue = (
  failure: (step: number, found: string, expected?: string) => RangeflowFailure,
): RangeQueue => {
  const queue: Given[] = [];
  let given = 0;
  let last: Range | undefined;
  /** Ranges that waited after the last tensor, and for how many tensors in a row they have become more. */
  let waiting = 0;
  let growth = 0;
  const checked = ({ range }: Given, step: number): Range => {
    if (typeof range === "string") throw failure(step, `gave ${range}`, usableRange);
    return range;
  };
  return {
    add: (range, isAtOnce) => {
      given++;
      queue.push({ range: givenRange(range), isAtOnce });
      return queue.length <= mostAhead;
    },
    waiting: () => queue.length,
    given: () => given,
    ahead: (step) => (queue[0]?.isAtOnce ? checked(queue[0], step) : undefined),
    take: (step) => {
      const next = queue.shift();
      if (next === undefined) return undefined;
      growth = queue.length > waiting ? growth + 1 : 0;
      waiting = queue.length;
      if (growth > mostGrowth)
        throw failure(step, `gave more than one range for each of the last ${growth} tensors`);
      last = checked(next, step);
      return last;
    },
    last: () => last,
  };
};
