/** @file Files of a run in progress: its recording, its log, and its checkpoints. */
import { concatMap, tap } from "rxjs";
import { after, type Eventual, eventually } from "../../core/eventual.ts";
import type { Signal } from "../../core/signal.ts";
import type { Layer } from "../../operators/module/layer.ts";
import { type ReadParameter, readAll } from "../../operators/module/parameters.ts";
import { record } from "../../operators/taps/record.ts";
import type { Recorder } from "../files/recorder.ts";
import { brokenParameter } from "./brokenParameter.ts";
import { cutDetections } from "./detectionFile.ts";
import { detectionSaver } from "./detectionSaver.ts";
import { keepCode } from "./keptCode.ts";
import { type LearningLog, openLearningLog } from "./learningLog.ts";
import type { OpenRun } from "./openRun.ts";
import type { RunOutline } from "./outline.ts";
import { openRecorder, savedTensors, saveRun } from "./runDirectory.ts";
import { isOver, progressOf, type RunState } from "./runState.ts";

const quietly = (act: () => void): void => {
  try {
    act();
  } catch {
    // The caller either has an error to report already, or has no listener.
  }
};

/**
 * Writes the files of a run in progress.
 *
 * @param fault called with the signal of a parameter that is not finite, before that ends the run
 */
export const writing = (
  { run, directory }: OpenRun,
  outline: RunOutline,
  fault: (signal: Signal) => void,
) => {
  const { engine, network, identity, provenance, runId } = run;
  const began = performance.now();
  let lastSave = began;
  let recorder: Recorder | undefined;
  let log: LearningLog | undefined;

  /** Ends the run if a parameter is not finite, so that a good checkpoint is not overwritten. */
  const check = (parameters: readonly ReadParameter[], step: number): void => {
    const broken = brokenParameter(parameters, step);
    if (broken === undefined) return;
    fault(broken.fault);
    throw broken.failure;
  };

  const saveDetections = detectionSaver({ run, directory });

  const seconds = (): number => run.progress.seconds + (performance.now() - began) / 1000;

  /** Saves the current state, even if parameters arrive from a device when the next batch has started already. */
  const save = (state: RunState): Eventual<void> => {
    const { seed, epochs } = run.experiment;
    const saved = { identity, provenance, outline, runId, seed, epochs, step: state.step };
    const progress = progressOf(state, seconds());
    lastSave = performance.now();
    return after(readAll(engine, network.parameters), (parameters) => {
      check(parameters, saved.step);
      if (directory === undefined) return;
      directory.check();
      recorder?.flush();
      log?.flush();
      saveRun(directory.path, { ...saved, progress, tensors: savedTensors(parameters) });
      lastSave = performance.now();
    });
  };

  return {
    seconds,
    save,
    /** Saves at the end of an epoch, or if the last checkpoint is too old. */
    saveInTime: (state: RunState): Eventual<void> => {
      const { event } = state;
      if (event?.event === "epoch") {
        log?.epochDone(state, event);
        saveDetections(state.step, event.epoch);
      }
      return event?.event === "epoch" || performance.now() - lastSave > 1000 * run.resources.checkpointSeconds
        ? save(state)
        : undefined;
    },
    /** Records the signals of a run, starting from a state. A new run is saved before its first batch. */
    recorded:
      (state: RunState): Layer =>
      (signals$) => {
        if (directory === undefined || isOver(state, run.timetable)) return signals$;
        const { path, check } = directory;
        check();
        keepCode(path, run.code);
        const begun = after(state.step === 0 ? save(state) : undefined, () => {
          recorder = openRecorder(path, runId, state.step, check);
          cutDetections(path, runId, state.scores.length);
          log = openLearningLog(path, { step: state.step, epochs: state.scores.length }, run.rate, check);
          return { append: recorder.append, see: log.see };
        });
        return eventually(begun).pipe(
          concatMap(({ append, see }) => signals$.pipe(record({ append, close: () => {} }), tap(see))),
        );
      },
    /** Closes the recording and flushes the log, which stays open for a later failure. */
    end: (): void => {
      recorder?.close();
      log?.flush();
    },
    /** Logs why the run ends. If the log cannot be written, only the error reports it. */
    failedQuietly: (step: number, why: string): void => quietly(() => log?.failed(step, why)),
    /** Closes files that are still open and ignores errors. */
    closeQuietly: (): void => {
      // The recording then ends with its last complete batch, and the log with its last complete line, as after a kill.
      for (const file of [recorder, log]) quietly(() => file?.close());
    },
  };
};
