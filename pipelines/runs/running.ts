/** @file A run in progress: one subscription of network, recorder and checkpoints, and what it leaves at its end. */

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
import type { RunOutline } from "./outline.ts";
import { outlineOf } from "./outlineOf.ts";
import { pauses } from "./pauses.ts";
import type { Prepared } from "./prepare.ts";
import { recordEnd } from "./runRecording.ts";
import { advance, type BatchBegun, type RunState, stateFrom } from "./runState.ts";
import { startEvent } from "./startEvent.ts";
import { batchesIn, batchPlaceOf } from "./timetable.ts";
import { writing } from "./writing.ts";

/** Ways to observe a run and to stop it. */
export interface RunControl {
  /** Called between batches. If it returns true, the run stops there and can be resumed. Default: never stops. */
  readonly stopped?: () => boolean;
  /** Called with a copy of every signal of the run, for metrics and plots of your own; the tensors in it are the run's own. Default: none. */
  readonly tap?: (signal: Signal) => void;
}

/** A fold whose state can be read. */
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

/** Asks between batches, when the saved state is consistent, whether to stop. The first yes is final. */
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

/** Makes the batches of a timetable on demand. Training steps see the losses before them. */
const batchMaker =
  ({ engine, timetable, batches }: Prepared, lossesBefore: () => Losses | undefined) =>
  (index: number): Activation => {
    const losses = lossesBefore();
    const place = batchPlaceOf(timetable, index);
    const batch = place.training ? batches.train.make(place.step) : batches.test.make(place.position);
    const endsPass = !place.training && place.isLastOfEpoch;
    return beginStep(engine, batch, { ...place, endsPass, ...(losses && { losses }) });
  };

/** Writes the record of a finished run. */
const recorded = (
  { run, directory }: OpenRun,
  outline: RunOutline,
  state: RunState,
  last: Pick<DoneEvent, "seconds" | "out">,
): Eventual<DoneEvent> =>
  after(readAll(run.engine, run.network.parameters), (parameters) => {
    const done = doneEvent(run, state, { ...last, weightsSha256: learnedSha256(parameters) });
    directory?.check();
    if (directory) recordEnd(directory.path, { ...run, outline }, done, state.step);
    return done;
  });

/** Runs a prepared run until it finishes or is stopped. `named` gives the directory's name in events. */
export const running = (
  open: OpenRun,
  { tap: look, stopped }: RunControl,
  named: (path: string) => string,
): Observable<TrainEvent> => {
  const { run, directory } = open;
  const { experiment, engine, timetable, declared, rate } = run;
  const { score, metrics } = experiment;
  const out = directory === undefined ? null : named(directory.path);
  const userTap = look && guardedTap(look);
  const stop = stopping(stopped);
  const fold = folding<RunState, Signal | BatchBegun>(
    stateFrom(run.progress, run.step, run.summary),
    advance({ timetable, score, metrics, declared, rate, now: () => performance.now() }),
  );
  const see = (signal: Signal): RunState => {
    userTap?.see(signal);
    return fold.add(signal);
  };
  const outline = outlineOf(run);
  const files = writing(open, outline, see);
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
    userTap?.end();
    const state = fold.state();
    return stop.isStopped()
      ? { event: "stopped", step: state.step, out }
      : recorded(open, outline, state, { seconds: files.seconds(), out });
  };

  let hasFailed = false;
  return concat(
    of<TrainEvent>(startEvent(run, outline, out)),
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
