/** @file The files of a run while it goes on: its recording, the log of its learning, and its checkpoints. */
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
import { type LearningLog, openLearningLog } from "./learningLog.ts";
import type { OpenRun } from "./openRun.ts";
import { openRecorder, savedTensors, saveRun } from "./runDirectory.ts";
import { isOver, progressOf, type RunState } from "./runState.ts";

const quietly = (act: () => void): void => {
  try {
    act();
  } catch {
    // Whoever calls this has an error to tell, or nobody who listens.
  }
};

/**
 * Files of a run, written while it goes on.
 *
 * @param fault hears of a parameter that is no number any more, before that ends the run
 */
export const writing = ({ run, directory }: OpenRun, fault: (signal: Signal) => void) => {
  const { engine, network, identity, provenance, runId } = run;
  const began = performance.now();
  let lastSave = began;
  let recorder: Recorder | undefined;
  let log: LearningLog | undefined;

  /** Ends a run whose parameters are not numbers any more, before they take the place of good ones. */
  const check = (parameters: readonly ReadParameter[], step: number): void => {
    const broken = brokenParameter(parameters, step);
    if (broken === undefined) return;
    fault(broken.fault);
    throw broken.failure;
  };

  const saveDetections = detectionSaver({ run, directory });

  const seconds = (): number => run.progress.seconds + (performance.now() - began) / 1000;

  /** Saves the run as it is now, also where its parameters come from a device when the next batch is already on its way. */
  const save = (state: RunState): Eventual<void> => {
    const { seed, epochs } = run.experiment;
    const saved = { identity, provenance, runId, seed, epochs, step: state.step };
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
    /** Saves where an epoch is over, or the last time was long ago. */
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
    /** Records the signals of a run from a state on; before the first batch, a run that begins is saved. */
    recorded:
      (state: RunState): Layer =>
      (signals$) => {
        if (directory === undefined || isOver(state, run.timetable)) return signals$;
        const { path, check } = directory;
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
    /** Ends the recording, and brings the log to the disk, which stays open for what may fail behind it. */
    end: (): void => {
      recorder?.close();
      log?.flush();
    },
    /** Notes why the run ends; where the log cannot be written the error alone tells. */
    failedQuietly: (step: number, why: string): void => quietly(() => log?.failed(step, why)),
    /** Closes the files that are open still: what cannot be written then is not missed. */
    closeQuietly: (): void => {
      // The recording ends with its last whole batch, the log with its last whole line, as after a kill.
      for (const file of [recorder, log]) quietly(() => file?.close());
    },
  };
};
