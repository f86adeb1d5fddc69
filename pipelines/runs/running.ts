/** @file A run under way: network, recorder and checkpoints around one long subscription, and what is left at its end. */

import {
  catchError,
  concat,
  concatMap,
  defer,
  filter,
  finalize,
  map,
  type Observable,
  of,
  throwError,
} from "rxjs";
import { thrownText } from "../../core/errors.ts";
import { after, type Eventual, eventually } from "../../core/eventual.ts";
import type { Activation, Losses, Signal } from "../../core/signal.ts";
import { beginStep } from "../../operators/module/build.ts";
import { readAll } from "../../operators/module/parameters.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { locateOverflow } from "../../operators/taps/locateOverflow.ts";
import { doneEvent } from "./doneEvent.ts";
import type { DoneEvent, TrainEvent } from "./events.ts";
import { guardedTap } from "./guardedTap.ts";
import { learnedSha256 } from "./learnedSha256.ts";
import { noteDivergence } from "./noteDivergence.ts";
import type { OpenRun } from "./openRun.ts";
import { pauses } from "./pauses.ts";
import type { Prepared } from "./prepare.ts";
import { recordEnd } from "./runRecording.ts";
import { advance, type BatchBegun, type RunState, stateFrom } from "./runState.ts";
import { startEvent } from "./startEvent.ts";
import { batchesIn, batchPlaceOf } from "./timetable.ts";
import { writing } from "./writing.ts";

/** What looks on at a run, and may stop it. */
export interface RunControl {
  /** Asked between batches: true stops the run there, so that it can be resumed. */
  readonly stopped?: () => boolean;
  /** Sees every signal of the run, unchanged: a tap for metrics and plots of one's own. */
  readonly tap?: (signal: Signal) => void;
}

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

/** The batches of a timetable, each made when it is its turn; training steps know the losses before them. */
const batchMaker =
  ({ engine, timetable, batches }: Prepared, lossesBefore: () => Losses | undefined) =>
  (index: number): Activation => {
    const losses = lossesBefore();
    const place = batchPlaceOf(timetable, index);
    const batch = place.training ? batches.train.make(place.step) : batches.test.make(place.position);
    const endsPass = !place.training && place.isLastOfEpoch;
    return beginStep(engine, batch, { ...place, endsPass, ...(losses && { losses }) });
  };

/** Leaves the record of a run that has gone to its end. */
const recorded = (
  { run, directory }: OpenRun,
  state: RunState,
  last: Pick<DoneEvent, "seconds" | "out">,
): Eventual<DoneEvent> =>
  after(readAll(run.engine, run.network.parameters), (parameters) => {
    const done = doneEvent(run, state, { ...last, weightsSha256: learnedSha256(parameters) });
    directory?.check();
    if (directory) recordEnd(directory.path, run, done, state.step);
    return done;
  });

/** Runs a prepared run to its end, or until it is told to stop; its events name the directory as `named` does. */
export const running = (
  open: OpenRun,
  { tap: look = () => {}, stopped }: RunControl,
  named: (path: string) => string,
): Observable<TrainEvent> => {
  const { run, directory } = open;
  const { experiment, engine, timetable, declared, rate } = run;
  const { score, metrics } = experiment;
  const out = directory === undefined ? null : named(directory.path);
  const userTap = guardedTap(look);
  const stop = stopping(stopped);
  const fold = folding<RunState, Signal | BatchBegun>(
    stateFrom(run.progress, run.step, run.summary),
    advance({ timetable, score, metrics, declared, rate, now: () => performance.now() }),
  );
  const see = (signal: Signal): RunState => {
    userTap.see(signal);
    return fold.add(signal);
  };
  const files = writing(open, see);
  const make = batchMaker(run, () => fold.add({ _tag: "BatchBegun" }).losses);

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
    )(run.network.layer).pipe(
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
    files.end();
    userTap.end();
    const state = fold.state();
    return stop.isStopped()
      ? { event: "stopped", step: state.step, out }
      : recorded(open, state, { seconds: files.seconds(), out });
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
