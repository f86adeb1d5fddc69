import { checkWanted } from "./claim.ts";
import { doneRecordIn } from "./doneRecord.ts";
import type { TrainEvent } from "./events.ts";
import { differences } from "./identity.ts";
import type { TrainOptions } from "./prepare.ts";
import { canResume, loadRun } from "./runDirectory.ts";
import { completeContents, recordingOf } from "./runRecording.ts";

/**
 * What there is to tell of a run that is to go on although it has ended; undefined where there is something left to do.
 *
 * @throws `RangeflowFailure` if it is to go on as another run, or its recording is not whole
 */
export const endedRun = (
  wanted: Readonly<Record<string, unknown>>,
  { resume, out }: Pick<TrainOptions, "resume" | "out">,
): readonly TrainEvent[] | undefined => {
  if (!resume || out === undefined || !canResume(out)) return undefined;
  const record = doneRecordIn(out);
  if (record === undefined) return undefined;
  const { identity, progress, step } = loadRun(out);
  const { epochs } = identity.settings;
  if (progress.testScores.length < epochs || differences(record.identity, identity).length > 0)
    return undefined;
  checkWanted("--resume", wanted, identity);
  completeContents(recordingOf(out), step);
  return [
    { event: "finished", epochs, step, out },
    { ...record.done, out },
  ];
};
