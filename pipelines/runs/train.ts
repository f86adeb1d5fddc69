/** @file A training run as a stream of events: network, recorder and checkpoints around one long subscription. */
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
  tap,
  throwError,
} from "rxjs";
import { after, type Eventual, eventually } from "../../core/eventual.ts";
import type { Activation, Signal } from "../../core/signal.ts";
import { samplesOf } from "../../core/target.ts";
import { enter } from "../../operators/module/build.ts";
import { feed } from "../../operators/module/feed.ts";
import type { Layer } from "../../operators/module/layer.ts";
import { type ReadParameter, readAll } from "../../operators/module/parameters.ts";
import { locateOverflow } from "../../operators/taps/locateOverflow.ts";
import { summarizer } from "../../operators/taps/metrics.ts";
import { record } from "../../operators/taps/record.ts";
import { lossesAfter } from "../../operators/training/lossesAfter.ts";
import { weightsSha256 } from "../files/checkpoint.ts";
import type { Recorder } from "../files/recorder.ts";
import type { Settings } from "../settings/settings.ts";
import { brokenParameter } from "./brokenParameter.ts";
import { endedRun } from "./endedRun.ts";
import type { DoneEvent, EpochEvent, TrainEvent } from "./events.ts";
import { guardedTap } from "./guardedTap.ts";
import { scheduleOf } from "./network.ts";
import type { OpenRun, RunDirectory } from "./openRun.ts";
import { openRun } from "./openRun.ts";
import { pauses } from "./pauses.ts";
import type { Prepared, TrainOptions } from "./prepare.ts";
import { accumulatorEvents, extrasOf, metric, multipliersIn, roleEvents, testMetric } from "./progress.ts";
import { openRecorder, savedTensors, saveRun } from "./runDirectory.ts";
import { recordEnd } from "./runRecording.ts";
import type { Progress } from "./savedProgress.ts";
import { epochScores, finalScores } from "./scores.ts";
import { startEvent } from "./startEvent.ts";
import { batchesIn, momentOf } from "./timetable.ts";

export interface RunOptions extends TrainOptions {
  /** Asked between batches: true stops the run there, so that it can be resumed. */
  readonly stopped?: () => boolean;
  /** Sees every signal of the run, unchanged: a tap for metrics and plots of one's own. */
  readonly tap?: (signal: Signal) => void;
}

/** The hash of what a network has learned; velocities are no part of it. */
const learnedSha256 = ({ engine, network }: Prepared): Eventual<string> =>
  after(readAll(engine, network.parameters), (parameters) =>
    weightsSha256(savedTensors(parameters.filter(({ kind }) => kind !== "velocity" && kind !== "state"))),
  );

/** Runs a prepared run to its end, or until it is told to stop. */
const running = (
  { run, directory }: OpenRun,
  { stopped, tap: observe = () => {} }: RunOptions,
): Observable<TrainEvent> => {
  const { settings, identity, engine, timetable, batches, network, summary: inAll } = run;
  const { score } = run.task;
  const out = directory?.path;
  const total = batchesIn(timetable);
  const rate = scheduleOf(settings, settings.epochs * timetable.trainBatches);
  const began = performance.now();
  let epochSummary = summarizer(run.progress.epoch);
  let { testScores, losses } = run.progress;
  let index = run.progress.index;
  let step = run.step;
  let lastSave = performance.now();
  let isStopped = false;
  let hasFailed = false;
  let { images: trainedImages, milliseconds: trainingTime } = run.progress.trained;
  let batchBegan = 0;
  let recorder: Recorder | undefined;

  const userTap = guardedTap(observe);

  const seconds = (): number => run.progress.seconds + (performance.now() - began) / 1000;

  const sees = (signal: Signal): void => {
    userTap.see(signal);
    inAll.add(signal);
    epochSummary.add(signal);
    losses = lossesAfter(losses, signal);
  };

  /** Ends a run whose parameters are not numbers any more, before they take the place of good ones. */
  const checkParameters = (parameters: readonly ReadParameter[], at: number): void => {
    const broken = brokenParameter(parameters, at);
    if (broken === undefined) return;
    sees(broken.fault);
    throw broken.failure;
  };

  /** Saves the run as it is now, also where its parameters come from a device when the next batch is already on its way. */
  const save = (): Eventual<void> => {
    const now = { identity, provenance: run.provenance, runId: run.runId, step };
    const progress: Progress = {
      index,
      run: inAll.save(),
      epoch: epochSummary.save(),
      testScores,
      losses,
      seconds: seconds(),
      trained: { images: trainedImages, milliseconds: trainingTime },
    };
    lastSave = performance.now();
    return after(readAll(engine, network.parameters), (parameters) => {
      checkParameters(parameters, now.step);
      if (directory === undefined) return;
      directory.check();
      recorder?.flush();
      saveRun(directory.path, { ...now, progress, tensors: savedTensors(parameters) });
      lastSave = performance.now();
    });
  };

  const make = (batchIndex: number): Activation => {
    batchBegan = performance.now();
    const moment = momentOf(timetable, batchIndex);
    const batch = moment.training ? batches.train.make(moment.step) : batches.test.make(moment.position);
    return enter(engine, batch, { ...moment, ...(losses && { losses }) });
  };

  const imagesPerSecond = (): number => (trainingTime > 0 ? (1000 * trainedImages) / trainingTime : 0);

  const epochDone = (epoch: number): Eventual<EpochEvent> => {
    const testScore = testMetric(epochSummary, score);
    testScores = [...testScores, testScore];
    const event: EpochEvent = {
      event: "epoch",
      epoch: epoch + 1,
      loss: metric(epochSummary, "loss"),
      testLoss: testMetric(epochSummary, "loss"),
      ...epochScores(score, metric(epochSummary, score), testScore),
      learningRate: rate(step - 1),
      imagesPerSecond: imagesPerSecond(),
      ...extrasOf(epochSummary),
    };
    epochSummary = summarizer();
    return after(save(), () => event);
  };

  /** A batch has come out at the end of the network. */
  const batchDone = (activation: Activation): Eventual<TrainEvent | undefined> => {
    const { epoch, isLastOfEpoch } = momentOf(timetable, index);
    index++;
    if (activation.training) {
      step++;
      trainedImages += samplesOf(activation.target);
      trainingTime += performance.now() - batchBegan;
    }
    if (isLastOfEpoch) return epochDone(epoch);
    if (!activation.training) return undefined;
    const event: TrainEvent = {
      event: "step",
      epoch: epoch + 1,
      step,
      steps: settings.epochs * timetable.trainBatches,
      loss: metric(epochSummary, "loss"),
      imagesPerSecond: imagesPerSecond(),
    };
    if (performance.now() - lastSave <= 1000 * settings.checkpointSeconds) return event;
    return after(save(), () => event);
  };

  const done = (sha256: string): DoneEvent => {
    const roles = roleEvents(inAll);
    return {
      event: "done",
      ...finalScores(score, testScores),
      testImages: run.data.test.count,
      seconds: seconds(),
      imagesPerSecond: imagesPerSecond(),
      engine: engine.name,
      backend: engine.backend,
      staticSites: roles.reduce((sum, { staticSites }) => sum + staticSites, 0),
      dynamicSites: roles.reduce((sum, { dynamicSites }) => sum + dynamicSites, 0),
      roles,
      products: network.products,
      faults: inAll.read().faults,
      accumulators: accumulatorEvents(inAll),
      ...multipliersIn(network.parameters),
      weightsSha256: sha256,
      out: out ?? null,
    };
  };

  /** Asked between batches, when what is saved belongs together. */
  const stops = (): boolean => {
    isStopped ||= stopped?.() ?? false;
    return isStopped;
  };

  /** Before the first batch: a run that begins is saved, and the recorder opened behind what is there. */
  const begin = ({ path, check }: RunDirectory): Eventual<Recorder> =>
    after(step === 0 ? save() : undefined, () => openRecorder(path, run.runId, step, check));

  const recorded: Layer = (signals$) => {
    if (directory === undefined || index === total) return signals$;
    return eventually(begin(directory)).pipe(
      concatMap((opened) => {
        recorder = opened;
        return signals$.pipe(record({ append: opened.append, close: () => {} }));
      }),
    );
  };

  /** After an error, or when nobody listens any more: what cannot be written then is not missed. */
  const closeQuietly = (): void => {
    try {
      recorder?.close();
    } catch {
      // The recording ends with its last whole batch, as after a kill.
    }
  };

  return concat(
    of<TrainEvent>(startEvent(run, out ?? null)),
    defer(() =>
      feed(
        {
          from: index,
          to: total,
          pause: pauses(),
          stopped: stops,
          patience: settings.patience,
        },
        make,
      )(network.layer).pipe(
        locateOverflow,
        recorded,
        tap(sees),
        filter((signal) => signal._tag === "Activation"),
        map(batchDone),
        concatMap(eventually),
        filter((event) => event !== undefined),
      ),
    ),
    defer(() =>
      eventually(
        after(isStopped ? save() : undefined, (): Eventual<TrainEvent> => {
          recorder?.close();
          userTap.end();
          if (isStopped) return { event: "stopped", step, out: out ?? null };
          return after(after(learnedSha256(run), done), (last) => {
            directory?.check();
            if (out !== undefined) recordEnd(out, run, last, step);
            return last;
          });
        }),
      ),
    ),
  ).pipe(
    catchError((error: unknown): Observable<TrainEvent> => {
      hasFailed = true;
      const failed = throwError(() => error);
      return step === 0 || out === undefined
        ? failed
        : concat(of({ event: "failed", step, out } as const), failed);
    }),
    finalize(() => {
      closeQuietly();
      engine.dispose();
      if (hasFailed && step === 0) directory?.discard();
      else directory?.release();
    }),
  );
};

/**
 * Trains a network: checks everything first, then emits what happens, step by step and epoch by epoch, and `done` at the end.
 *
 * With `out`, every range is recorded there and checkpoints are written, so that a run that was killed at any moment can be
 * resumed and ends with the same bits; `done.json` is left there at its end. A run that has ended only says so, and how. Unsubscribing, or an error, frees the engine and
 * closes the recording.
 *
 * @param settings what differs from the defaults
 * @returns errors with `RangeflowFailure` for everything that a person can mend
 * @example
 * train({ data: "glyphs", epochs: 1 }).subscribe(console.log);
 */
export const train = (settings: Partial<Settings> = {}, options: RunOptions = {}): Observable<TrainEvent> =>
  new Observable((subscriber) => {
    const begin = async (): Promise<void> => {
      const ended = endedRun(settings, options);
      if (ended !== undefined) return void from(ended).subscribe(subscriber);
      const open = await openRun(settings, options);
      if (!subscriber.closed) return void running(open, options).subscribe(subscriber);
      open.run.engine.dispose();
      open.directory?.discard();
    };
    begin().catch((error: unknown) => subscriber.error(error));
  });
