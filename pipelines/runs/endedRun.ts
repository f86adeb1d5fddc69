import { isBuiltIn, type RunSource } from "../experiments/source.ts";
import { checkWanted, refuse } from "./claim.ts";
import { doneRecordIn } from "./doneRecord.ts";
import type { TrainEvent } from "./events.ts";
import { differences, originDifferences } from "./identity.ts";
import type { TrainOptions } from "./prepare.ts";
import { canResume, loadRun } from "./runDirectory.ts";
import { completeContents, recordingOf } from "./runRecording.ts";

/**
 * What there is to tell of a run that is to go on although it has ended; undefined where there is something left to do.
 *
 * @throws `RangeflowFailure` if it is to go on as another run, or its recording is not whole
 */
export const endedRun = (
  source: RunSource,
  { resume, out }: Pick<TrainOptions, "resume" | "out">,
): readonly TrainEvent[] | undefined => {
  if (!resume || out === undefined || !canResume(out)) return undefined;
  const record = doneRecordIn(out);
  if (record === undefined) return undefined;
  const { identity, progress, step, epochs } = loadRun(out);
  if (progress.testScores.length < epochs || differences(record.identity, identity).length > 0)
    return undefined;
  if (isBuiltIn(source)) checkWanted("--resume", source.wanted, identity);
  else refuse("--resume", originDifferences("code", identity.from));
  completeContents(recordingOf(out), step);
  return [
    { event: "finished", epochs, step, out },
    { ...record.done, out },
  ];
};
