/** @file A training run as a stream of events. */

import { resolve } from "node:path";
import { from, Observable } from "rxjs";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { checkSource, type RunSource } from "../experiments/source.ts";
import { checkDirectory } from "../files/checkDirectory.ts";
import { endedRun } from "./endedRun.ts";
import type { TrainEvent } from "./events.ts";
import { openRun } from "./openRun.ts";
import type { TrainOptions } from "./prepare.ts";
import { resourceNames } from "./resources.ts";
import { type RunControl, running } from "./running.ts";

/** Options of `train`. They change no bit: directory, engine, observers, and when to stop. */
export interface RunOptions extends TrainOptions, RunControl {}

const optionNames: OptionNames<RunOptions> = {
  ...resourceNames,
  out: true,
  numbered: true,
  resume: true,
  runId: true,
  trust: true,
  stopped: true,
  tap: true,
};

/** Options with an absolute directory, in case a user module changes the working directory, and the name it was given. */
const placed = (options: RunOptions) => {
  const { out } = options;
  if (out === undefined) return { options, named: (path: string): string => path };
  checkDirectory("train, out", out);
  const home = resolve(out);
  return {
    options: { ...options, out: home },
    // A numbered directory has its number behind the name.
    named: (path: string): string => `${out}${path.slice(home.length)}`,
  };
};

/**
 * Trains the network of an experiment. Checks everything first, then emits an event for each step and epoch, and `done` at the end.
 *
 * With `out`, every range is recorded there and checkpoints are written. A run that was killed at any moment can be resumed and ends with
 * the same bits. `done.json` is written at the end; resuming a finished run emits its result again. Unsubscribing, or an error, frees the
 * engine and closes the recording.
 *
 * @param source an experiment, or `builtIn(..)` or `experimentFile(..)`
 * @param given directory, resources and observers. Default: nothing is written
 * @returns events. Errors with `RangeflowFailure` for any user error
 * @example not run: it trains for seconds and prints every step
 * train(builtIn({ data: "glyphs", epochs: 1 }), { out: "runs/first" }).subscribe(console.log);
 */
export const train = (source: RunSource, given: RunOptions = {}): Observable<TrainEvent> =>
  new Observable((subscriber) => {
    const { options, named } = placed(knownOptions("train", given, optionNames));
    const begin = async (): Promise<void> => {
      checkSource("train", source);
      const ended = await endedRun(source, options, named);
      if (ended !== undefined) return void from(ended).subscribe(subscriber);
      const open = await openRun(source, options);
      if (!subscriber.closed) return void running(open, options, named).subscribe(subscriber);
      open.run.engine.dispose();
      open.directory?.discard();
    };
    begin().catch((error: unknown) => subscriber.error(error));
  });
