/** @file The past of a site in the run that is resumed: its estimator gets it again, and has to give what it gave. */
import { type Eventual, isPromise } from "../../core/eventual.ts";
import type { Scope } from "../module/module.ts";
import { drive, type Task } from "../step/task.ts";
import { type Ranges, replayRange } from "./replayRange.ts";

/**
 * Replays recorded ranges.
 *
 * @param name of the estimator
 * @returns what says when it is done; it fails, whenever it is asked, where a range is not as recorded
 */
export const replayedPast = (
  ranges: Ranges,
  name: string,
  past: ReturnType<Scope["history"]>,
): (() => Eventual<void>) => {
  function* replay(): Task<void> {
    for (const recorded of past) yield* replayRange(ranges, name, recorded);
  }
  let replaying: Eventual<void>;
  try {
    replaying = drive(replay());
  } catch (error) {
    return () => {
      throw error;
    };
  }
  if (isPromise(replaying))
    replaying.then(
      () => {
        replaying = undefined;
      },
      // Heard of by the first who asks.
      () => {},
    );
  return () => replaying;
};
