/** @file The past of a resumed run, folded from its files. */
import { importInfoIn } from "../files/importInfo.ts";
import { recovered } from "../files/recovered.ts";
import { foldLine, foldRows } from "../report/readRunView.ts";
import { factsOfImport, factsOfRun } from "../report/runFacts.ts";
import { readDetections } from "../runs/detectionFile.ts";
import { type LearningLine, readLearningLog } from "../runs/learningLog.ts";
import { canResume, lookAtRun } from "../runs/runDirectory.ts";
import { recordingOf } from "../runs/runRecording.ts";
import type { OpenView } from "../views/openView.ts";
import type { RunView } from "../views/runView.ts";

/** Whether a line belongs to the first `end` steps. */
const isBefore = (line: LearningLine, end: number): boolean =>
  line.event === "epoch" ? line.steps <= end : line.step < end;

/** Folds what the files of a run contain of its first `end` steps. Returns messages about what cannot be read. */
export const foldPast = ({ fold, addEpoch }: OpenView, home: string, end: number): readonly string[] => {
  const foldAll = (): readonly string[] => {
    for (const batch of recordingOf(home).batches()) {
      const late = batch.step.subarray(0, batch.rows).findIndex((step) => step >= end);
      foldRows(fold, late < 0 ? batch : { ...batch, rows: late });
    }
    for (const line of readLearningLog(home)) {
      const epoch = isBefore(line, end) ? foldLine(fold, line) : undefined;
      if (epoch) addEpoch(epoch);
    }
    return [];
  };
  return recovered(foldAll, ({ message }) => [message]);
};

/** Facts about a saved run or an imported recording; undefined if nothing is saved yet, or it cannot be read. */
export const savedFacts = (home: string, { view }: Pick<OpenView, "view">): RunView["facts"] | undefined =>
  recovered(
    () => {
      if (canResume(home)) return factsOfRun(lookAtRun(home), view().sites);
      const info = importInfoIn(home);
      return info && factsOfImport(info);
    },
    () => undefined,
  );

/** Detections in the files of a run; undefined unless it is a detection run with readable ones. */
export const savedDetections = (home: string): RunView["detections"] =>
  recovered(
    () => readDetections(home, recordingOf(home).runId),
    () => undefined,
  );
