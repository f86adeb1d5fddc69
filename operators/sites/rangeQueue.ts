/** @file Queue of the ranges that an estimator has emitted and no tensor has used yet. */
import type { RangeflowFailure } from "../../core/errors.ts";
import { type Range, usableRange } from "../../core/range.ts";
import { givenRange } from "./givenRange.ts";

/** A range, or a description of what was emitted instead. */
interface Given {
  readonly range: Range | string;
  readonly isAtOnce: boolean;
}

/** Largest number of waiting ranges. It protects memory from an estimator that emits without end. */
const mostAhead = 2 ** 20;

/**
 * Largest number of consecutive tensors at which the number of waiting ranges may grow. It catches an estimator that leads by more
 * and more.
 */
const mostGrowth = 100;

/** Ranges in the order in which they were emitted. */
export interface RangeQueue {
  /** Adds what was emitted; returns whether there is room for more. */
  readonly add: (range: unknown, isAtOnce: boolean) => boolean;
  /** Number of waiting ranges. */
  readonly waiting: () => number;
  /** Number of ranges emitted so far. */
  readonly given: () => number;
  /** The next range, if it was emitted synchronously; not removed. @throws `RangeflowFailure` if it is unusable */
  readonly ahead: (step: number) => Range | undefined;
  /** Removes the next range, for the tensor of a step. @throws `RangeflowFailure` if it is unusable, or if the queue keeps growing */
  readonly take: (step: number) => Range | undefined;
  /** The range removed last. */
  readonly last: () => Range | undefined;
}

/** Makes an empty queue. @param failure makes the error for what an estimator emitted */
export const rangeQueue = (
  failure: (step: number, found: string, expected?: string) => RangeflowFailure,
): RangeQueue => {
  const queue: Given[] = [];
  let given = 0;
  let last: Range | undefined;
  /** Number of ranges that waited after the last tensor, and number of consecutive tensors at which it has grown. */
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
