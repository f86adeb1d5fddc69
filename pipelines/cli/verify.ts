/** @file `rangeflow replay --verify`: proof that the recording of a run, or of every run of a study, replays to the bit. */
import { basename } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { counted } from "../../core/inWords.ts";
import type { patienceOf } from "../../operators/module/patience.ts";
import { encodeJson } from "../files/json.ts";
import { recovered } from "../files/recovered.ts";
import { type Verified, verifyReplay } from "../replay/replayStudy.ts";
import { runEstimators } from "../replay/runEstimators.ts";
import { leftIn, type NamedRun } from "../report/plannedCells.ts";
import { checkHasRuns, type StudyDirectory, studyIn } from "../report/studyDirectory.ts";
import { identityOfRun } from "../runs/runDirectory.ts";
import { completeContents, recordingOf, savedStep } from "../runs/runRecording.ts";
import { pathIn } from "../settings/userFiles.ts";
import { studyFileIn } from "../studies/studyFile.ts";

/** Options of verification. */
export interface Verifying {
  /** Code files of the run's estimators, named again. */
  readonly named: readonly string[];
  readonly trust: boolean;
  readonly patience: ReturnType<typeof patienceOf>;
}

/** What was proved about a run, up to a step. */
interface VerifiedRun extends Verified {
  readonly steps: number;
  readonly isFinished: boolean;
}

/** Options that follow a file: `:length=4` of `./fold.ts:length=4`. */
const optionsBehind = (text: string): string => text.slice((pathIn(text) ?? text).length);

/** Whether an estimator is one with these options, or has one inside. */
const isWith = (options: string, name: string): boolean =>
  name.endsWith(options) || name.includes(`${options})`);

/** Refuses a file that is named again with options other than in the run, since the run's own estimators are verified. */
const checkOptions = (named: readonly string[], ofRun: readonly string[]): void => {
  const own = ofRun.filter((name) => pathIn(name) !== undefined);
  const other = named.find(
    (text) => optionsBehind(text) !== "" && !own.some((name) => isWith(optionsBehind(text), name)),
  );
  if (other !== undefined)
    throw new RangeflowFailure(
      problem(
        "--estimator",
        `${other} with --verify`,
        own.length === 0 ? "the file alone" : `${own.join(" or ")} as in the run`,
        "leave its options out: the run's own estimators are verified",
      ),
    );
};

const verifiedRun = async (dir: string, { named, trust, patience }: Verifying): Promise<VerifiedRun> => {
  const recording = recordingOf(dir);
  if (recording.isForeign)
    throw new RangeflowFailure(
      problem("--verify", `${dir}, an imported recording`, "a run with recorded ranges", "leave it out"),
    );
  const { steps } = completeContents(recording, savedStep(dir));
  const identity = identityOfRun(dir);
  const own = runEstimators("--verify", { identity, named, trust });
  const asked = new Set<string>();
  const proved = await verifyReplay(
    recording.rows(),
    (name) => {
      asked.add(name);
      return own(name);
    },
    patience,
    identity?.firstRanges,
  );
  checkOptions(named, [...asked]);
  return { ...proved, steps, isFinished: recording.isFinished };
};

const rangesText = ({ ranges, sites }: Pick<Verified, "ranges" | "sites">): string =>
  `${ranges} ranges at ${sites} sites replay to the bit`;

const runText = (run: VerifiedRun): string =>
  `verified${run.isFinished ? "" : ` up to step ${run.steps}`}: ${[
    rangesText(run),
    ...(run.unasked > 0 ? [`${run.unasked} sites have ranges of their own quantizers`] : []),
    ...(run.isFinished ? [] : ["the run has not ended"]),
  ].join("; ")}`;

/** What was proved about a run of a study, or the reason why it could not be verified. */
const outcomeOf = async (dir: string, how: Verifying): Promise<VerifiedRun | string> => {
  try {
    return await verifiedRun(dir, how);
  } catch (error) {
    if (error instanceof RangeflowFailure) return error.message;
    throw error;
  }
};

/**
 * Number of planned runs that are missing in a directory; 0 without a plan.
 *
 * @throws `RangeflowFailure` if the plan is damaged
 */
const leftOf = (dir: string, { runs, failures }: StudyDirectory): number => {
  const plan = studyFileIn(dir);
  const run = (place: string): NamedRun => ({
    directory: basename(place),
    // A run that cannot be read has been reported.
    identity: recovered(
      () => identityOfRun(place),
      () => undefined,
    ),
  });
  const lost = [...failures.keys()].map((directory) => ({ directory, identity: undefined }));
  return plan === undefined ? 0 : leftIn(plan, [...runs.map(run), ...lost]);
};

/** Text about planned runs that have not been verified. */
const missingText = (failed: number, left: number): string =>
  [
    ...(failed === 0 ? [] : [`; ${failed} failed`]),
    ...(left === 0 ? [] : [`; ${counted(left, "more run was", "more runs were")} planned`]),
  ].join("");

/** Verifies the runs of a study one by one, prints their count, and returns the exit code. */
const verifyStudy = async (
  dir: string,
  study: StudyDirectory,
  how: Verifying,
  say: (event: Readonly<Record<string, unknown>>, text: string) => void,
): Promise<number> => {
  checkHasRuns(dir, study);
  const total = { runs: study.runs.length, verified: 0, unfinished: 0, ranges: 0, sites: 0, unasked: 0 };
  for (const dir of study.runs) {
    const run = basename(dir);
    const outcome = await outcomeOf(dir, how);
    if (typeof outcome === "string") {
      say({ event: "unverified", run, message: outcome }, `${run}: not verified: ${outcome}`);
      continue;
    }
    total.verified++;
    if (!outcome.isFinished) total.unfinished++;
    for (const count of ["ranges", "sites", "unasked"] as const) total[count] += outcome[count];
    say({ event: "verified", run, ...outcome }, `${run}: ${runText(outcome)}`);
  }
  const [failed, left] = [study.failures.size, leftOf(dir, study)];
  const { runs, verified, unfinished } = total;
  const open =
    unfinished === 0 ? "" : `, of which ${unfinished} ha${unfinished === 1 ? "s" : "ve"} not ended`;
  say(
    { event: "verifiedStudy", ...total, failed, left },
    `verified ${verified} of ${runs} runs${open}: ${rangesText(total)}${missingText(failed, left)}`,
  );
  return verified === runs && failed === 0 ? 0 : 2;
};

/**
 * Verifies a run, or all runs of a study, and prints the result.
 *
 * @returns the exit code: 0, or 2 if a run of a study cannot be verified or has failed; rejects with `RangeflowFailure` if a single run cannot
 */
export const verify = async (
  dir: string,
  how: Verifying,
  { out, json }: { readonly out: (text: string) => void; readonly json: boolean },
): Promise<number> => {
  const say = (event: Readonly<Record<string, unknown>>, text: string): void =>
    out(`${json ? encodeJson(event) : text}\n`);
  const study = await studyIn(dir);
  if (study !== undefined) return verifyStudy(dir, study, how, say);
  const run = await verifiedRun(dir, how);
  say({ event: "verified", ...run }, runText(run));
  return 0;
};
