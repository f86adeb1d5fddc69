import { builtInExperiment } from "../experiments/builtInExperiment.ts";
import { isBuiltIn, type RunSource } from "../experiments/source.ts";
import type { Settings } from "../settings/settings.ts";
import { filesNamedIn } from "../settings/userFiles.ts";
import { checkedChanges } from "./changedExperiment.ts";
import { checkWanted, mergedSettings, namedAsIn, refuse } from "./claim.ts";
import { doneRecordIn } from "./doneRecord.ts";
import type { TrainEvent } from "./events.ts";
import { contentIn, dataOf, identified } from "./identified.ts";
import { claimDifferences, type Difference, differences, type Identity } from "./identity.ts";
import { openSource } from "./openSource.ts";
import type { TrainOptions } from "./prepare.ts";
import { canResume, loadRun } from "./runDirectory.ts";
import { completeContents, recordingOf } from "./runRecording.ts";

/** Identity that a built-in run would have with the current data. */
const withData = async (wanted: Partial<Settings>, saved: Identity): Promise<Identity> => {
  const settings = mergedSettings(wanted, saved);
  const experiment = builtInExperiment(settings, []);
  return { ...saved, data: await contentIn(experiment, await dataOf(experiment)) };
};

/** Refuses a source that differs from the finished run, including its data. Files that only the run's directory names are not executed. */
const checkSource = async (source: RunSource, saved: Identity, options: TrainOptions): Promise<void> => {
  if (isBuiltIn(source) && saved.from === "file")
    refuse("--resume", changedIn(String(saved.settings.experiment), source.wanted, saved));
  else if (isBuiltIn(source)) {
    checkWanted("--resume", source.wanted, saved);
    refuse("--resume", differences(await withData(source.wanted, saved), saved));
  } else {
    const { identity } = await identified(await openSource(source, saved, "--resume", options, {}));
    refuse("--resume", differences({ ...identity, numerics: saved.numerics }, saved));
  }
};

/** Differences that changed settings would make to the run of a file. */
const changedIn = (file: string, wanted: Partial<Settings>, saved: Identity): readonly Difference[] => {
  const said = namedAsIn(saved, filesNamedIn(wanted), wanted);
  return claimDifferences(
    { ...saved, settings: { ...saved.settings, ...checkedChanges(file, said) } },
    saved,
  );
};

/**
 * Events for resuming a run that has finished already; undefined if there is something left to do.
 *
 * @param named what the events call its directory
 * @throws `RangeflowFailure` if the source differs from the run, or the recording is incomplete
 */
export const endedRun = async (
  source: RunSource,
  options: TrainOptions,
  named: (path: string) => string,
): Promise<readonly TrainEvent[] | undefined> => {
  const { resume, out } = options;
  if (!resume || out === undefined || !canResume(out)) return undefined;
  const record = doneRecordIn(out);
  if (record === undefined) return undefined;
  const { identity, progress, step, epochs } = loadRun(out);
  if (progress.testScores.length < epochs || differences(record.identity, identity).length > 0)
    return undefined;
  await checkSource(source, identity, options);
  completeContents(recordingOf(out), step);
  return [
    { event: "finished", epochs, step, out: named(out) },
    { ...record.done, out: named(out) },
  ];
};
