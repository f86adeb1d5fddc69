/** @file A training run as a stream of events, from what its options ask for. */

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

/** Options that decide no bit of a run: where it is written, what computes it, who looks on, and when it stops. */
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

/** Options whose directory stays where it is when a user's module changes the working directory, and the name it was given. */
const placed = (options: RunOptions) => {
  const { out } = options;
  if (out === undefined) return { options, named: (path: string): string => path };
  checkDirectory("train, out", out);
  const home = resolve(out);
  return {
    options: { ...options, out: home },
    // A numbered one has its number behind the name.
    named: (path: string): string => `${out}${path.slice(home.length)}`,
  };
};

/**
 * Trains the network of an experiment: checks everything first, then emits what happens, step by step and epoch by epoch, and `done` at
 * the end.
 *
 * With `out`, every range is recorded there and checkpoints are written, so that a run that was killed at any moment can be
 * resumed and ends with the same bits; `done.json` is left there at its end. A run that has ended only says so, and how. Unsubscribing, or an error, frees the engine and
 * closes the recording.
 *
 * @param source an experiment, or one of the built-in ones
 * @param given what decides no bit: where to write, on which engine, and who looks on
 * @returns errors with `RangeflowFailure` for everything that a person can mend
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
