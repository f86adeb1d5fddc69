/** @file `rangeflow replay`: estimators on a recorded run, and the proof that a recording replays. */
import { dirname, resolve } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { realIn } from "../../core/numberText.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { matches, patternProblem } from "../../quantizers/rules/sitePattern.ts";
import { encodeJson } from "../files/json.ts";
import type { Recording } from "../files/recording.ts";
import { checkTolerance, defaultTolerance } from "../replay/clips.ts";
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
import { operandIn, runOperand } from "./operand.ts";
import { columnTexts, fitColumnTexts, studyText } from "./replayText.ts";
import { estimatorNames } from "./settingOptions.ts";
import { verify } from "./verify.ts";

const options: readonly Option[] = [
  {
    name: "estimator",
    kind: "many",
    value: "E",
    values: estimatorNames,
    path: "file",
    help: "estimator to replay into, such as percentile:low=5; may be repeated [the run's own]; rangeflow estimators lists them with their options; with --verify a file of the run, named again",
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
    help: "prove that the run's own estimators reproduce its ranges to the bit; of a study's directory all runs one by one, with their count",
  },
  trustOption,
  estimatorPatienceOption,
  {
    name: "tolerance",
    kind: "text",
    value: "STEPS",
    help: "steps of its grid that a tensor may reach beyond the outer levels before it counts as clipped [0.5]",
  },
  {
    name: "trajectories",
    kind: "text",
    value: "FILE",
    path: "file",
    help: "write every range that is answered, one row for each tensor, site and estimator, to a file that ends with .arrow, .arrows (a stream), .csv or .jsonl",
  },
  ...foreignOptions,
  jsonOption,
];

const toleranceIn = (text: string | undefined): number => {
  if (text === undefined) return defaultTolerance;
  const steps = realIn(text);
  checkTolerance("--tolerance", steps, `"${text}"`);
  return steps;
};

/** Refuses options that would do nothing beside those that are given, and patterns that would take for ever. */
const checkTogether = ({ texts, flags, lists }: Arguments): void => {
  const wrong = patternProblem("--site", texts.site ?? "*");
  if (wrong) throw new RangeflowFailure(wrong);
  if (!flags.verify && flags.trust)
    throw new RangeflowFailure(
      problem("--trust", "it without --verify", "it where a run's own files are executed", "leave it out"),
    );
  const besideVerify: Readonly<Record<string, string>> = {
    site: "all sites of the run",
    tolerance: "ranges that are equal to the bit",
    trajectories: "the run's own ranges, which are in its recording",
    "cold-start": "a run of ours",
    bits: "a run of ours",
  };
  for (const [name, expected] of Object.entries(besideVerify))
    if (flags.verify && texts[name] !== undefined)
      throw new RangeflowFailure(problem(`--${name}`, "it beside --verify", expected, "leave it out"));
  const builtIn = (lists.estimator ?? []).find((text) => pathIn(text) === undefined);
  if (flags.verify && builtIn !== undefined)
    throw new RangeflowFailure(
      problem(
        "--estimator",
        `${builtIn} beside --verify`,
        "a file of the run, named again",
        "leave it out: the run's own estimators are verified",
      ),
    );
};

/** Rows of a study, at least one, and who could not be answered where. */
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
    ...(foreign?.bits !== undefined && { bits: foreign.bits }),
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
      problem("rangeflow replay", `no statistic in ${recording.dir}`, "a recording with some"),
    );
  throw new RangeflowFailure(
    problem(
      "--site",
      `no site matches "${pattern}"`,
      "a pattern of recorded sites",
      "rangeflow replay DIR lists them",
    ),
  );
};

/** A study whose answers go to a file as well, which is left alone unless all of them are there. */
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
  tolerance: number,
  out: Terminal["out"],
): void => {
  const say = (event: object): void => out(`${encodeJson(event)}\n`);
  if (foreign)
    say({ event: "foreign", ...(foreign.info && { format: foreign.info.format }), ...foreignFacts(foreign) });
  for (const row of rows) say({ event: "replay", tolerance, ...row });
  for (const group of unanswered) say({ event: "unanswered", ...group });
};

const textOf = (
  { rows, unanswered }: Studied,
  foreign: ForeignReplay | undefined,
  tolerance: number,
  isDefault: boolean,
): string => {
  const shown = rows.filter((row) => !isVoid(row));
  const lost = lostText(rows);
  const chosen =
    foreign && isDefault
      ? [
          `Nothing was quantized there, so these are replayed: ${foreignEstimators.join(", ")} (--estimator names others).`,
        ]
      : [];
  return [
    ...(foreign ? [[foreignHead(foreign), ...chosen].join("\n")] : []),
    ...(shown.length > 0 ? [studyText(shown, tolerance, foreign?.bits)] : []),
    ...(lost === undefined ? [] : [lost]),
    ...(unanswered.length > 0 ? [unansweredText(unanswered, foreign !== undefined)] : []),
  ].join("\n\n");
};

/** Refuses a study, whose runs are replayed one by one. */
const checkIsRun = (place: string, dir: string): void => {
  const count = studyIn(dir)?.runs.length;
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
  const tolerance = toleranceIn(texts.tolerance);
  const dir = await localDirectory(place, "whole");
  if (flags.verify)
    return verify(
      dir,
      { named: lists.estimator ?? [], trust: flags.trust ?? false, patience },
      { out, json: flags.json ?? false },
    );
  checkIsRun(place, dir);
  const recording = recordingOf(dir);
  const foreign = foreignReplayOf(dir, recording, given);
  const estimators = await estimatorsNamed(lists.estimator ?? (foreign ? foreignEstimators : []));
  const study = (options: ReplayOptions): Promise<Studied> =>
    studyOf(recording, foreign, estimators, texts.site, { ...options, tolerance, patience });
  const studied =
    texts.trajectories === undefined
      ? await study({})
      : await withTrajectories(texts.trajectories, recording, study);
  if (flags.json) printJson(studied, foreign, tolerance, out);
  else out(`${textOf(studied, foreign, tolerance, lists.estimator === undefined)}\n`);
  return 0;
};

export const replayCommand: Command = {
  usage: "DIR [--estimator E]... [--site GLOB] [--trajectories FILE] [--verify]",
  details:
    "DIR may be s3://BUCKET/PREFIX/RUN, a run that a study has committed to its store, which is fetched; with --verify also the store, s3://BUCKET/PREFIX.",
  epilogue: [...columnTexts(defaultTolerance), ...fitColumnTexts].join("\n"),
  operands: ["dir"],
  operandValues: { path: "directory" },
  options,
  run,
};
