/** @file Replay of a site's past in the run that is resumed: its estimator must emit the recorded ranges again. */
import { type Eventual, isPromise } from "../../core/eventual.ts";
import type { Scope } from "../module/module.ts";
import { drive, type Task } from "../step/task.ts";
import { type Ranges, replayRange } from "./replayRange.ts";

/**
 * Replays recorded ranges.
 *
 * @param name of the estimator
 * @returns a function that returns a promise until the replay is done, and that fails if a range differs from the recording
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
      // The first caller receives the failure.
      () => {},
    );
  return () => replaying;
};
