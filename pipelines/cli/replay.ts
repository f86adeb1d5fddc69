/** @file `rangeflow replay`: estimators on a recorded run, and the proof that a recording replays. */
import { dirname, resolve } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { realIn } from "../../core/numberText.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { matches, patternProblem } from "../../quantizers/rules/sitePattern.ts";
import { encodeJson } from "../files/json.ts";
import type { Recording } from "../files/recording.ts";
import { byRole } from "../replay/byRole.ts";
import { checkTolerance, defaultTolerance } from "../replay/clips.ts";
import { type ReplayOptions, replayStudy } from "../replay/replayStudy.ts";
import type { ReplayRow } from "../replay/tally.ts";
import { trajectoryFile } from "../replay/trajectoryFile.ts";
import { percent, table } from "../report/table.ts";
import { recordingOf } from "../runs/runRecording.ts";
import { pathIn } from "../settings/userFiles.ts";
import { localDirectory } from "../stores/localDirectory.ts";
import type { Arguments, Option } from "./args.ts";
import { type Command, jsonOption, type Terminal, trustOption } from "./command.ts";
import { estimatorPatienceOption, estimatorsNamed, patienceIn } from "./estimatorArguments.ts";
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
  jsonOption,
];

const toleranceIn = (text: string | undefined): number => {
  if (text === undefined) return defaultTolerance;
  const steps = realIn(text);
  checkTolerance("--tolerance", steps, `"${text}"`);
  return steps;
};

type Numbers = Omit<ReplayRow, "site" | "role" | "estimator" | "unfit">;

const numberHeads = ["steps", "static", "steps clipped", "mean error", "p95 error"];

const numbers = (row: Numbers): readonly string[] => [
  String(row.steps),
  percent(row.staticShare, 1),
  percent(row.clippedSteps, 1),
  percent(row.meanError, 1),
  percent(row.p95Error, 1),
];

const fit = ({ sqnr, clippedShare }: Numbers): readonly string[] =>
  sqnr === undefined || clippedShare === undefined ? ["", ""] : [sqnr.toFixed(1), percent(clippedShare, 3)];

/** Reasons why some sites have no signal-to-noise ratio although histograms were recorded. */
const unfitted = (rows: readonly ReplayRow[]): readonly string[] => {
  const sites = new Map<string, Set<string>>();
  for (const { site, unfit } of rows)
    if (unfit !== undefined) sites.set(unfit, (sites.get(unfit) ?? new Set()).add(site));
  return [...sites].map(([why, at]) => `No SQNR of ${[...at].join(", ")}: ${why}.`);
};

/** Meaning of the columns, for the end of a table and for --help. */
const columns = (tolerance: number): readonly string[] => [
  `static: share of tensors whose range was known before them. steps clipped: share of tensors that reach beyond the outer levels of their grid by more than`,
  `${tolerance} ${tolerance === 1 ? "step" : "steps"} of it (--tolerance; a grid of 8 bits where a recording does not tell); up to half a step beyond, elements are rounded as well as any other.`,
  "error: 1 - intersection / union of the range and its own tensor, 0 included in both: 0 % where they are the same, 50 % where one is twice as wide as the",
  "other, never above 100 %. p95: 95 % of the tensors have at most this one; of several sites together it is the greatest.",
];
const fitColumns = [
  "SQNR and clipped (share of elements) are computed from the recorded histograms, on the levels of the site, rounded to nearest; on levels that are no",
  "uniform grid a step is clipped if any of its elements is.",
];

/** Table of each site, and where there are several of a role, of each role together. */
const textOf = (rows: readonly ReplayRow[], tolerance: number): string => {
  const hasFits = rows.some(({ sqnr }) => sqnr !== undefined);
  const heads = hasFits ? [...numberHeads, "SQNR dB", "clipped"] : numberHeads;
  const cells = (row: Numbers): readonly string[] => [...numbers(row), ...(hasFits ? fit(row) : [])];
  const bySite = table(
    ["site", "role", "estimator", ...heads],
    rows.map((row) => [row.site, row.role, row.estimator, ...cells(row)]),
  );
  const roles = byRole(rows);
  const together =
    roles.length === rows.length
      ? []
      : [
          table(
            ["role", "sites", "estimator", ...heads],
            roles.map((row) => [row.role, String(row.sites), row.estimator, ...cells(row)]),
          ),
        ];
  return [
    bySite,
    ...together,
    [...columns(tolerance), ...(hasFits ? fitColumns : []), ...unfitted(rows)].join("\n"),
  ].join("\n\n");
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

/** The rows of a study, at least one. */
const studyOf = async (
  recording: Recording,
  estimators: readonly NamedEstimator[],
  pattern = "*",
  options: ReplayOptions,
): Promise<readonly ReplayRow[]> => {
  const rows = await replayStudy(recording.rows(), estimators, (site) => matches(pattern, site), options);
  if (rows.length > 0) return rows;
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
  { dir }: Recording,
  study: (options: ReplayOptions) => Promise<T>,
): Promise<T> => {
  if (dirname(resolve(path)) === resolve(dir))
    throw new RangeflowFailure(
      problem("--trajectories", `${path} among the segments of the recording`, "a file elsewhere"),
    );
  const file = trajectoryFile(path);
  try {
    const result = await study({ open: file.open });
    file.close();
    return result;
  } catch (error) {
    file.discard();
    throw error;
  }
};

const run = async (given: Arguments, { out }: Terminal): Promise<number> => {
  const { texts, flags, lists, positionals } = given;
  const [place] = positionals;
  if (place === undefined)
    throw new RangeflowFailure(
      problem("rangeflow replay", "no directory", "rangeflow replay DIR with the directory of a run"),
    );
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
  const recording = recordingOf(dir);
  const estimators = await estimatorsNamed(lists.estimator);
  const study = (options: ReplayOptions): Promise<readonly ReplayRow[]> =>
    studyOf(recording, estimators, texts.site, { ...options, tolerance, patience });
  const rows =
    texts.trajectories === undefined
      ? await study({})
      : await withTrajectories(texts.trajectories, recording, study);
  if (flags.json) for (const row of rows) out(`${encodeJson({ event: "replay", tolerance, ...row })}\n`);
  else out(`${textOf(rows, tolerance)}\n`);
  return 0;
};

export const replayCommand: Command = {
  usage: "DIR [--estimator E]... [--site GLOB] [--trajectories FILE] [--verify]",
  details:
    "DIR may be s3://BUCKET/PREFIX/RUN, a run that a study has committed to its store, which is fetched; with --verify also the store, s3://BUCKET/PREFIX.",
  epilogue: [...columns(defaultTolerance), ...fitColumns].join("\n"),
  operands: ["dir"],
  operandValues: { path: "directory" },
  options,
  run,
};
