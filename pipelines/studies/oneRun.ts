/** @file One run of a study: in another process, or in this one if its experiment cannot be sent. */
import { finalize, Observable } from "rxjs";
import {
  type BuiltIn,
  type ExperimentFile,
  isBuiltIn,
  isExperimentFile,
  type RunSource,
} from "../experiments/source.ts";
import type { TrainEvent } from "../runs/events.ts";
import { train } from "../runs/train.ts";
import { fewerSteps } from "./fewerSteps.ts";
import type { Task } from "./worker.ts";
import type { Workers } from "./workers.ts";

/** Whether an experiment is plain data. Functions cannot leave the process that they were made in. */
export const canBeSent = (source: RunSource): source is BuiltIn | ExperimentFile =>
  isExperimentFile(source) || isBuiltIn(source);

/** Trains in this process. */
const ownRun = (
  source: RunSource,
  how: Omit<Task, "source">,
  stop$: Observable<unknown>,
): Observable<TrainEvent> =>
  new Observable((subscriber) => {
    let isStopped = false;
    const stopping = stop$.subscribe(() => {
      isStopped = true;
    });
    return train(source, { ...how, stopped: () => isStopped })
      .pipe(
        fewerSteps(),
        finalize(() => stopping.unsubscribe()),
      )
      .subscribe(subscriber);
  });

/**
 * Trains one run of a study.
 *
 * @param workers other processes, for experiments that can be sent to them
 * @param stop$ emits when the run is to stop at its next batch, so that it can be resumed
 * @returns the events of the run without some steps; errors with the message that it failed with
 */
export const oneRun = (
  source: RunSource,
  how: Omit<Task, "source">,
  workers: Workers,
  stop$: Observable<unknown>,
): Observable<TrainEvent> =>
  canBeSent(source) ? workers.run({ ...how, source }, stop$) : ownRun(source, how, stop$);
