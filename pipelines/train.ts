/** @file A training run as a stream of events: network, recorder and checkpoints around one long subscription. */
import { concat, concatMap, defer, EMPTY, finalize, from, type Observable, of, tap } from "rxjs";
import { ofTensor } from "../core/pass.ts";
import type { Activation, Signal } from "../core/signal.ts";
import { feed } from "../operators/feed.ts";
import type { Layer } from "../operators/module.ts";
import { isTrained } from "../operators/parameters.ts";
import { record } from "../operators/record.ts";
import type { DoneEvent, EpochEvent, StartEvent, TrainEvent } from "./events.ts";
import { weightsSha256 } from "./files/checkpoint.ts";
import type { Recorder } from "./files/recorder.ts";
import { scheduleOf } from "./network.ts";
import { type Prepared, prepare, type TrainOptions } from "./prepare.ts";
import { metric, roleEvents, summarizerFrom, summarizerOf } from "./progress.ts";
import { openRecorder, savedTensors, saveRun } from "./runDirectory.ts";
import type { Settings } from "./settings.ts";
import { batchesIn, momentOf } from "./timetable.ts";

export interface RunOptions extends TrainOptions {
  /** Asked between batches: true stops the run there, so that it can be resumed. */
  readonly stopped?: () => boolean;
  /** Sees every signal of the run, unchanged: a tap for metrics and plots of one's own. */
  readonly tap?: (signal: Signal) => void;
}

/** Milliseconds for which a run keeps the thread before it lets others have it. */
const timeSlice = 50;

const pauses = (): ((resume: () => void) => boolean) => {
  let since = performance.now();
  return (resume) => {
    if (performance.now() - since < timeSlice) return false;
    setImmediate(() => {
      since = performance.now();
      resume();
    });
    return true;
  };
};

const started = (run: Prepared, out: string | null): StartEvent => ({
  event: "start",
  model: run.settings.model,
  data: run.settings.data,
  bits: run.settings.bits,
  engine: run.engine.name,
  backend: run.engine.backend,
  parameters: run.network.parameters
    .list()
    .filter(isTrained)
    .reduce((sum, { value }) => sum + value.size, 0),
  trainImages: run.data.train.count,
  testImages: run.data.test.count,
  epochs: run.settings.epochs,
  stepsPerEpoch: run.timetable.trainBatches,
  step: run.step,
  seed: run.settings.seed,
  out,
});

/** The hash of what a network has learned; velocities are no part of it. */
const learnedSha256 = ({ network }: Prepared): string =>
  weightsSha256(
    savedTensors({
      ...network.parameters,
      list: () => network.parameters.list().filter(({ kind }) => kind !== "velocity"),
    }),
  );

/** Runs a prepared run to its end, or until it is told to stop. */
const running = (run: Prepared, { out, stopped, tap: observe }: RunOptions): Observable<TrainEvent> => {
  const { settings, engine, timetable, batches, network } = run;
  const total = batchesIn(timetable);
  const rate = scheduleOf(settings, settings.epochs * timetable.trainBatches);
  const inAll = summarizerOf(run.past);
  const began = performance.now();
  let epochSummary = summarizerFrom(run.progress.metrics);
  let { bestTestAccuracy } = run.progress;
  let testAccuracy = Number.NaN;
  let index = run.progress.index;
  let step = run.step;
  let lastSave = performance.now();
  let isStopped = false;
  let trainedImages = 0;
  let trainingTime = 0;
  let batchBegan = 0;
  let recorder: Recorder | undefined;

  const save = (): void => {
    if (out === undefined) return;
    recorder?.flush();
    saveRun(out, {
      settings,
      runId: run.runId,
      step,
      progress: { index, bestTestAccuracy, metrics: [...epochSummary.read().metrics] },
      tensors: savedTensors(network.parameters),
    });
    lastSave = performance.now();
  };

  const make = (batchIndex: number): Activation => {
    engine.beginStep();
    batchBegan = performance.now();
    const moment = momentOf(timetable, batchIndex);
    const { x, labels, shape } = moment.training
      ? batches.train.make(moment.step)
      : batches.test.make(moment.position);
    return {
      _tag: "Activation",
      step: moment.step,
      training: moment.training,
      x: ofTensor(engine.upload(x, shape)),
      labels,
      pullback: () => EMPTY,
    };
  };

  const imagesPerSecond = (): number => (1000 * trainedImages) / trainingTime;

  const epochDone = (epoch: number): EpochEvent => {
    testAccuracy = metric(epochSummary, "test accuracy");
    bestTestAccuracy = Math.max(bestTestAccuracy, testAccuracy);
    const event: EpochEvent = {
      event: "epoch",
      epoch: epoch + 1,
      loss: metric(epochSummary, "loss"),
      trainAccuracy: metric(epochSummary, "accuracy"),
      testLoss: metric(epochSummary, "test loss"),
      testAccuracy,
      learningRate: rate(step - 1),
      imagesPerSecond: imagesPerSecond(),
    };
    epochSummary = summarizerFrom([]);
    save();
    return event;
  };

  /** A batch has come out at the end of the network. */
  const batchDone = (activation: Activation): Observable<TrainEvent> => {
    const { epoch, isLastOfEpoch } = momentOf(timetable, index);
    index++;
    if (activation.training) {
      step++;
      trainedImages += activation.labels.length;
      trainingTime += performance.now() - batchBegan;
    }
    if (isLastOfEpoch) return of(epochDone(epoch));
    if (!activation.training) return EMPTY;
    if (performance.now() - lastSave > 1000 * settings.checkpointSeconds) save();
    return of({
      event: "step",
      epoch: epoch + 1,
      step,
      steps: settings.epochs * timetable.trainBatches,
      loss: metric(epochSummary, "loss"),
      imagesPerSecond: imagesPerSecond(),
    });
  };

  const done = (): DoneEvent => {
    const roles = roleEvents(inAll);
    return {
      event: "done",
      testAccuracy,
      bestTestAccuracy,
      seconds: (performance.now() - began) / 1000,
      imagesPerSecond: imagesPerSecond(),
      engine: engine.name,
      backend: engine.backend,
      staticSites: roles.reduce((sum, { staticSites }) => sum + staticSites, 0),
      dynamicSites: roles.reduce((sum, { dynamicSites }) => sum + dynamicSites, 0),
      roles,
      faults: inAll.read().faults,
      weightsSha256: learnedSha256(run),
      out: out ?? null,
    };
  };

  /** Asked between batches, when what is saved belongs together. */
  const stops = (): boolean => {
    if (!isStopped && stopped?.()) {
      isStopped = true;
      save();
    }
    return isStopped;
  };

  const recorded: Layer =
    out === undefined
      ? (signals$) => signals$
      : (signals$) => {
          recorder = openRecorder(out, run.runId, step);
          if (run.step === 0) save();
          return signals$.pipe(record(recorder));
        };

  return concat(
    of<TrainEvent>(started(run, out ?? null)),
    defer(() =>
      feed(
        {
          from: index,
          to: total,
          pause: pauses(),
          stopped: stops,
        },
        make,
      )(network.layer).pipe(
        recorded,
        tap((signal) => {
          observe?.(signal);
          inAll.add(signal);
          epochSummary.add(signal);
        }),
        concatMap((signal) => (signal._tag === "Activation" ? batchDone(signal) : EMPTY)),
      ),
    ),
    defer(() => of<TrainEvent>(isStopped ? { event: "stopped", step, out: out ?? null } : done())),
  ).pipe(finalize(() => engine.dispose()));
};

/**
 * Trains a network: checks everything first, then emits what happens, step by step and epoch by epoch, and `done` at the end.
 *
 * With `out`, every range is recorded there and checkpoints are written, so that a run that was killed at any moment can be
 * resumed and ends with the same bits. Unsubscribing, or an error, frees the engine and closes the recording.
 *
 * @param settings what differs from the defaults
 * @returns errors with `RangeflowFailure` for everything that a person can mend
 * @example
 * train({ data: "glyphs", epochs: 1 }).subscribe(console.log);
 */
export const train = (settings: Partial<Settings> = {}, options: RunOptions = {}): Observable<TrainEvent> =>
  defer(() => from(prepare(settings, options))).pipe(concatMap((run) => running(run, options)));
