/** @file `rangeflow replay`: estimators replayed on a recorded run, or proof that the recording replays to the bit. */
import { dirname, resolve } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { realIn } from "../../core/numberText.ts";
import { type Rounding, roundings } from "../../core/quantizationError.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { matches, patternProblem } from "../../quantizers/rules/sitePattern.ts";
import { encodeJson } from "../files/json.ts";
import type { Recording } from "../files/recording.ts";
import { checkTolerance, defaultTolerance } from "../replay/clips.ts";
import { noSite } from "../replay/noSite.ts";
import { type ReplayOptions, replayStudy, type Unanswered } from "../replay/replayStudy.ts";
import type { ReplayRow } from "../replay/tally.ts";
import { trajectoryFile } from "../replay/trajectoryFile.ts";
import { studyIn } from "../report/studyDirectory.ts";
import { recordingOf } from "../runs/runRecording.ts";
import { pathIn } from "../settings/userFiles.ts";
import { localDirectory } from "../stores/localDirectory.ts";
import type { Arguments, Option } from "./args.ts";
import { type Command, jsonOption, type Terminal, trustOption } from "./command.ts";
import { estimatorPatienceOption, estimatorsNamed, patienceIn } from "./estimatorArguments.ts";
import {
  type ForeignReplay,
  foreignEstimators,
  foreignFacts,
  foreignHead,
  foreignOptions,
  foreignReplayOf,
  isVoid,
  lostText,
  noneAnswered,
  type UnansweredGroup,
  unansweredGroups,
  unansweredText,
} from "./foreignReplay.ts";
import { levelsIn, levelsOptions } from "./levelsOptions.ts";
import { operandIn, runOperand } from "./operand.ts";
import { columnTexts, type Evaluation, fitColumnTexts, studyText } from "./replayText.ts";
import { estimatorNames } from "./settingOptions.ts";
import { verify } from "./verify.ts";

const options: readonly Option[] = [
  {
    name: "estimator",
    kind: "many",
    value: "E",
    values: estimatorNames,
    path: "file",
    help: "estimator to replay, such as percentile:low=5; may be repeated; rangeflow estimators lists them; with --verify: a code file of the run, named again [the run's own; for an imported recording currentMinMax, runningMinMax, inHindsight, delayedScaling]",
  },
  {
    name: "site",
    kind: "text",
    value: "GLOB",
    help: "only sites whose path matches the pattern, such as conv1/* [*]",
  },
  {
    name: "verify",
    kind: "flag",
    help: "prove that the run's own estimators reproduce its ranges to the bit; for the directory of a study, verify all runs one by one and count them",
  },
  trustOption,
  estimatorPatienceOption,
  {
    name: "tolerance",
    kind: "text",
    value: "STEPS",
    help: "grid steps that a tensor may exceed the outermost levels by before it counts as clipped [0.5]",
  },
  {
    name: "rounding",
    kind: "text",
    value: "nearest|stochastic",
    values: roundings,
    help: "rounding that signal-to-noise ratios are computed for; stochastic, as of gradients by default, gives the mean over its noise [nearest]",
  },
  {
    name: "trajectories",
    kind: "text",
    value: "FILE",
    path: "file",
    help: "write every range to a file, one row per tensor, site and estimator; its name ends with .arrow, .arrows (a stream), .csv or .jsonl",
  },
  ...levelsOptions,
  ...foreignOptions,
  jsonOption,
];

const roundingIn = (text: string | undefined): Rounding | undefined => {
  const found = roundings.find((one) => one === text);
  if (text === undefined || found) return found;
  throw new RangeflowFailure(problem("--rounding", `"${text}"`, roundings.join(" or ")));
};

const toleranceIn = (text: string | undefined): number => {
  if (text === undefined) return defaultTolerance;
  const steps = realIn(text);
  checkTolerance("--tolerance", steps, `"${text}"`);
  return steps;
};

/** Refuses options that have no effect with the others, and patterns that would take too long to match. */
const checkTogether = ({ texts, flags, lists }: Arguments): void => {
  const wrong = patternProblem("--site", texts.site ?? "*");
  if (wrong) throw new RangeflowFailure(wrong);
  if (!flags.verify && flags.trust)
    throw new RangeflowFailure(
      problem("--trust", "used without --verify", "only with --verify", "leave it out"),
    );
  const besideVerify: Readonly<Record<string, string>> = {
    site: "all sites of the run",
    tolerance: "ranges that are equal to the bit",
    rounding: "ranges that are equal to the bit",
    trajectories: "the run's own ranges, which are in its recording",
    "cold-start": "a run of Rangeflow",
    bits: "the levels of the run",
    quantizer: "the levels of the run",
  };
  for (const [name, expected] of Object.entries(besideVerify))
    if (flags.verify && texts[name] !== undefined)
      throw new RangeflowFailure(problem(`--${name}`, "used with --verify", expected, "leave it out"));
  const builtIn = (lists.estimator ?? []).find((text) => pathIn(text) === undefined);
  if (flags.verify && builtIn !== undefined)
    throw new RangeflowFailure(
      problem(
        "--estimator",
        `${builtIn} with --verify`,
        "a file of the run, named again",
        "leave it out: the run's own estimators are verified",
      ),
    );
};

/** Rows of a replay, at least one, and the estimators that could not be answered at some sites. */
interface Studied {
  readonly rows: readonly ReplayRow[];
  readonly unanswered: readonly UnansweredGroup[];
}

const studyOf = async (
  recording: Recording,
  foreign: ForeignReplay | undefined,
  estimators: readonly NamedEstimator[],
  pattern = "*",
  options: ReplayOptions,
): Promise<Studied> => {
  const missing: Unanswered[] = [];
  const rows = await replayStudy(recording.rows(), estimators, (site) => matches(pattern, site), {
    ...options,
    unanswered: (one) => missing.push(one),
    ...(foreign && { keepColdStarts: foreign.keepColdStarts }),
    ...(foreign && { isExact: (site) => foreign.sites.get(site)?.printed === 0 }),
  });
  const unanswered = unansweredGroups(missing, foreign?.sites);
  if (rows.length > 0) return { rows, unanswered };
  if (missing.length > 0) throw noneAnswered(unanswered, foreign !== undefined);
  if (foreign && [...foreign.sites.keys()].some((site) => matches(pattern, site)))
    throw new RangeflowFailure(
      problem("rangeflow replay", foreignHead(foreign).replaceAll("\n", " "), "statistics to replay"),
    );
  if (pattern === "*")
    throw new RangeflowFailure(
      problem("rangeflow replay", `no statistics in ${recording.dir}`, "a recording with some"),
    );
  throw noSite(pattern);
};

/** A replay that also writes its ranges to a file; if it fails, the file is left as it was. */
const withTrajectories = async <T>(
  path: string,
  { dir, isForeign }: Recording,
  study: (options: ReplayOptions) => Promise<T>,
): Promise<T> => {
  if (dirname(resolve(path)) === resolve(dir))
    throw new RangeflowFailure(
      problem("--trajectories", `${path} among the segments of the recording`, "a file elsewhere"),
    );
  const file = trajectoryFile(path, { isForeign });
  try {
    const result = await study({ open: file.open });
    file.close();
    return result;
  } catch (error) {
    file.discard();
    throw error;
  }
};

const printJson = (
  { rows, unanswered }: Studied,
  foreign: ForeignReplay | undefined,
  how: Evaluation,
  out: Terminal["out"],
): void => {
  const say = (event: object): void => out(`${encodeJson(event)}\n`);
  if (foreign)
    say({ event: "foreign", ...(foreign.info && { format: foreign.info.format }), ...foreignFacts(foreign) });
  const { levels, ...evaluation } = how;
  const { bits, quantizer } = levels;
  const asked = { ...(bits !== undefined && { bits }), ...(quantizer && { quantizer: quantizer.name }) };
  for (const row of rows) say({ event: "replay", ...evaluation, ...asked, ...row });
  for (const group of unanswered) say({ event: "unanswered", ...group });
};

const textOf = (
  { rows, unanswered }: Studied,
  foreign: ForeignReplay | undefined,
  how: Evaluation,
  isDefault: boolean,
): string => {
  const shown = rows.filter((row) => !isVoid(row));
  const lost = lostText(rows);
  const chosen =
    foreign && isDefault
      ? [
          `Nothing was quantized in this recording, so these are replayed: ${foreignEstimators.join(", ")} (--estimator selects others).`,
        ]
      : [];
  return [
    ...(foreign ? [[foreignHead(foreign), ...chosen].join("\n")] : []),
    ...(shown.length > 0 ? [studyText(shown, how)] : []),
    ...(lost === undefined ? [] : [lost]),
    ...(unanswered.length > 0 ? [unansweredText(unanswered, foreign !== undefined)] : []),
  ].join("\n\n");
};

/** Refuses the directory of a study: runs are replayed one at a time. */
const checkIsRun = async (place: string, dir: string): Promise<void> => {
  const count = (await studyIn(dir))?.runs.length;
  if (count === undefined) return;
  throw new RangeflowFailure(
    problem(
      "rangeflow replay",
      `${place}, a study of ${count} ${count === 1 ? "run" : "runs"}`,
      "one run",
      "name the directory of one of them; --verify takes all of them",
    ),
  );
};

const run = async (given: Arguments, { out }: Terminal): Promise<number> => {
  const { texts, flags, lists } = given;
  const place = operandIn(given, runOperand("replay", "DIR"));
  checkTogether(given);
  const patience = patienceIn(texts.patience);
  const how: Evaluation = {
    tolerance: toleranceIn(texts.tolerance),
    rounding: roundingIn(texts.rounding) ?? "nearest",
    levels: levelsIn(given),
  };
  const dir = await localDirectory(place, "whole");
  if (flags.verify)
    return verify(
      dir,
      { named: lists.estimator ?? [], trust: flags.trust ?? false, patience },
      { out, json: flags.json ?? false },
    );
  await checkIsRun(place, dir);
  const recording = recordingOf(dir);
  const foreign = foreignReplayOf(dir, recording, given);
  const estimators = await estimatorsNamed(lists.estimator ?? (foreign ? foreignEstimators : []));
  const study = (options: ReplayOptions): Promise<Studied> =>
    studyOf(recording, foreign, estimators, texts.site, {
      ...options,
      ...{ tolerance: how.tolerance, rounding: how.rounding, ...how.levels, patience },
    });
  const studied =
    texts.trajectories === undefined
      ? await study({})
      : await withTrajectories(texts.trajectories, recording, study);
  if (flags.json) printJson(studied, foreign, how, out);
  else out(`${textOf(studied, foreign, how, lists.estimator === undefined)}\n`);
  return 0;
};

export const replayCommand: Command = {
  usage: "DIR [--estimator E]... [--site GLOB] [--trajectories FILE] [--verify]",
  details:
    "DIR may be s3://BUCKET/PREFIX/RUN, a run committed to the store of a study, which is downloaded; with --verify it may also be the store, s3://BUCKET/PREFIX.",
  epilogue: [...columnTexts(defaultTolerance), ...fitColumnTexts("nearest", {})].join("\n"),
  operands: ["dir"],
  operandValues: { path: "directory" },
  options,
  run,
};
