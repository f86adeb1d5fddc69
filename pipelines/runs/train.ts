/** @file A training run as a stream of events: network, recorder and checkpoints around one long subscription. */

import { resolve } from "node:path";
import {
  catchError,
  concat,
  concatMap,
  defer,
  filter,
  finalize,
  from,
  map,
  Observable,
  of,
  throwError,
} from "rxjs";
import { thrownText } from "../../core/errors.ts";
import { after, type Eventual, eventually } from "../../core/eventual.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import type { Activation, Signal } from "../../core/signal.ts";
import { beginStep } from "../../operators/module/build.ts";
import { readAll } from "../../operators/module/parameters.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { locateOverflow } from "../../operators/taps/locateOverflow.ts";
import { checkSource, type RunSource } from "../experiments/source.ts";
import { checkDirectory } from "../files/checkDirectory.ts";
import { doneEvent } from "./doneEvent.ts";
import { endedRun } from "./endedRun.ts";
import type { TrainEvent } from "./events.ts";
import { guardedTap } from "./guardedTap.ts";
import { learnedSha256 } from "./learnedSha256.ts";
import { noteDivergence } from "./noteDivergence.ts";
import type { OpenRun } from "./openRun.ts";
import { openRun } from "./openRun.ts";
import { pauses } from "./pauses.ts";
import type { TrainOptions } from "./prepare.ts";
import { resourceNames } from "./resources.ts";
import { recordEnd } from "./runRecording.ts";
import { advance, type BatchBegun, type RunState, stateFrom } from "./runState.ts";
import { startEvent } from "./startEvent.ts";
import { batchesIn, batchPlaceOf } from "./timetable.ts";
import { writing } from "./writing.ts";

/** Options that decide no bit of a run: where it is written, what computes it, who looks on, and when it stops. */
export interface RunOptions extends TrainOptions {
  /** Asked between batches: true stops the run there, so that it can be resumed. */
  readonly stopped?: () => boolean;
  /** Sees every signal of the run, unchanged: a tap for metrics and plots of one's own. */
  readonly tap?: (signal: Signal) => void;
}

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

/** A fold that can be asked how far it is. */
const folding = <S, A>(first: S, reduce: (state: S, next: A) => S) => {
  let state = first;
  return {
    state: (): S => state,
    add: (next: A): S => {
      state = reduce(state, next);
      return state;
    },
  };
};

const now = (): number => performance.now();

/** Asks between batches, when what is saved belongs together, whether to stop; once told so it stays with that. */
const stopping = (stopped: () => boolean = () => false) => {
  let isStopped = false;
  return {
    asked: (): boolean => {
      isStopped ||= stopped();
      return isStopped;
    },
    isStopped: (): boolean => isStopped,
  };
};

/** Runs a prepared run to its end, or until it is told to stop; its events name the directory as `named` does. */
const running = (
  open: OpenRun,
  options: RunOptions,
  named: (path: string) => string,
): Observable<TrainEvent> => {
  const { run, directory } = open;
  const { experiment, engine, timetable, batches, network, length } = run;
  const out = directory === undefined ? null : named(directory.path);
  const userTap = guardedTap(options.tap ?? (() => {}));
  const stop = stopping(options.stopped);
  const facts = {
    timetable,
    score: experiment.score,
    metrics: experiment.metrics,
    declared: run.declared,
    rate: (step: number): number => experiment.schedule(step, length.steps),
    now,
  };
  const fold = folding<RunState, Signal | BatchBegun>(
    stateFrom(run.progress, run.step, run.summary),
    advance(facts),
  );
  const see = (signal: Signal): RunState => {
    userTap.see(signal);
    return fold.add(signal);
  };
  const files = writing(open, see);

  const make = (index: number): Activation => {
    const { losses } = fold.add({ _tag: "BatchBegun" });
    const place = batchPlaceOf(timetable, index);
    const batch = place.training ? batches.train.make(place.step) : batches.test.make(place.position);
    const endsPass = !place.training && place.isLastOfEpoch;
    return beginStep(engine, batch, { ...place, endsPass, ...(losses && { losses }) });
  };

  const eventOf = (state: RunState): Eventual<TrainEvent> =>
    after(files.saveInTime(state), () => state.event as TrainEvent);

  const trained$ = defer(() =>
    runBatches(
      {
        from: fold.state().index,
        to: batchesIn(timetable),
        pause: pauses(),
        stopped: stop.asked,
        patience: run.resources.patience,
      },
      make,
    )(network.layer).pipe(
      locateOverflow,
      noteDivergence(run.sites),
      files.recorded(fold.state()),
      map(see),
      filter(({ event }) => event !== undefined),
      map(eventOf),
      concatMap(eventually),
    ),
  );

  const last = (): Eventual<TrainEvent> => {
    files.close();
    userTap.end();
    const state = fold.state();
    if (stop.isStopped()) return { event: "stopped", step: state.step, out };
    return after(readAll(run.engine, run.network.parameters), (parameters): TrainEvent => {
      const weightsSha256 = learnedSha256(parameters);
      const done = doneEvent(run, state, { seconds: files.seconds(), weightsSha256, out });
      directory?.check();
      if (directory) recordEnd(directory.path, run, done, state.step);
      return done;
    });
  };

  let hasFailed = false;
  return concat(
    of<TrainEvent>(startEvent(run, out)),
    trained$,
    defer(() => eventually(after(stop.isStopped() ? files.save(fold.state()) : undefined, last))),
  ).pipe(
    catchError((error: unknown): Observable<TrainEvent> => {
      hasFailed = true;
      const failed = throwError(() => error);
      const { step } = fold.state();
      files.failedQuietly(step, thrownText(error));
      return step === 0 || out === null
        ? failed
        : concat(of({ event: "failed", step, out } as const), failed);
    }),
    finalize(() => {
      files.closeQuietly();
      engine.dispose();
      if (hasFailed && fold.state().step === 0) directory?.discard();
      else directory?.release();
    }),
  );
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
