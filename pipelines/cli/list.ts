/** @file `rangeflow list`: the runs below a directory, with their configuration, status and score. */
import { existsSync } from "node:fs";
import { dirname, relative } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { counted } from "../../core/inWords.ts";
import { encodeJson } from "../files/json.ts";
import { recovered } from "../files/recovered.ts";
import { statAt } from "../files/statAt.ts";
import { findRuns } from "../runs/findRuns.ts";
import { knownOutline } from "../runs/knownOutline.ts";
import { type ListedRun, listedRun } from "../runs/listedRun.ts";
import { experimentText, quantizationText } from "../runs/runText.ts";
import { localDirectory } from "../stores/localDirectory.ts";
import { studyFileIn } from "../studies/studyFile.ts";
import { bytesText } from "../text/numbers.ts";
import { table } from "../text/table.ts";
import { scoreText } from "../views/scoreText.ts";
import type { Arguments } from "./args.ts";
import { type Command, jsonOption, type Terminal } from "./command.ts";

const standard = "runs";

const units: readonly (readonly [unit: string, seconds: number])[] = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];

/** A time in its largest whole unit: `3 d`, `5 min`. */
const agoText = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [unit, size] = units.find(([, size]) => seconds >= size) ?? ["s", 1];
  return `${Math.floor(seconds / size)} ${unit}`;
};

const placeText = ({ step, steps }: ListedRun): string =>
  step === undefined ? "" : ` at step ${step}${steps === undefined ? "" : ` of ${steps}`}`;

const stateText = (run: ListedRun): string => {
  if (run.state === "damaged") return `damaged: ${run.why}`;
  if (run.state === "imported") return `imported (${run.format}): ${run.rows} rows of ${run.sites} sites`;
  if (run.state === "going on") return `going on${placeText(run)} (${run.holder})`;
  if (run.state === "failed") return `failed${placeText(run)}: ${run.why}`;
  return `${run.state}${placeText(run)}`;
};

const heads = ["experiment", "quantization", "score", "age", "size", "state"];

/** A text in one line; file names may contain line ends. */
const oneLine = (text: string): string => text.replaceAll("\n", "\\n");

const cellsOf = (run: ListedRun, name: string, now: number): readonly string[] => [
  oneLine(name),
  run.saved ? oneLine(experimentText(run.saved)) : "-",
  run.saved ? oneLine(quantizationText(run.saved)) : "-",
  run.score ? scoreText(run.score.metric, run.score.score) : "-",
  run.changed === 0 ? "-" : agoText(now - run.changed),
  bytesText(run.bytes),
  oneLine(stateText(run)),
];

/** Runs that are listed under one title: those of a study, or all others. */
interface Group {
  readonly study: string | undefined;
  readonly runs: readonly ListedRun[];
}

/** Studies of which no run has left anything, each in a line. */
const emptyStudies = (studies: readonly string[], groups: readonly Group[]): readonly string[] =>
  studies
    .filter((study) => groups.every((group) => group.study !== study))
    .flatMap((study) => {
      const plan = recovered(
        () => studyFileIn(study),
        () => undefined,
      );
      const planned = plan?.cells.flatMap(({ runs }) => runs).length;
      return planned === undefined ? [] : [`study ${study}: no runs yet, ${planned} planned`];
    });

/** Newest first: groups by their newest run. */
const groupsOf = (runs: readonly ListedRun[], studies: readonly string[]): readonly Group[] => {
  const newest = [...runs].sort((a, b) => b.changed - a.changed);
  const groups = new Map<string | undefined, ListedRun[]>();
  for (const run of newest) {
    const study = studies.find((one) => one === dirname(run.dir));
    groups.set(study, [...(groups.get(study) ?? []), run]);
  }
  return [...groups].map(([study, of]) => ({ study, runs: of }));
};

/** Number of runs in a group, and in each state other than finished: `12 runs, 3 stopped`. */
const countText = (runs: readonly ListedRun[]): string => {
  const others = (["going on", "stopped", "failed", "damaged"] as const).flatMap((state) => {
    const count = runs.filter((run) => run.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return [counted(runs.length, "run"), ...others].join(", ");
};

const groupText = ({ study, runs }: Group, dir: string, now: number): string => {
  const name = (path: string): string => relative(dir, path) || path;
  const rows = table(
    ["run", ...heads],
    runs.map((run) => cellsOf(run, relative(study ?? dir, run.dir) || run.dir, now)),
  );
  return study === undefined ? rows : `study ${name(study)}: ${countText(runs)}\n${rows}`;
};

const eventOf = (run: ListedRun, study: string | undefined): object => {
  const { saved, provenance, changed, score, ...rest } = run;
  return {
    event: "run",
    ...rest,
    ...(study !== undefined && { study }),
    ...(saved && { experiment: experimentText(saved), quantization: quantizationText(saved) }),
    ...(saved && { seed: knownOutline(saved).seed }),
    ...score,
    ...(provenance && { begun: provenance.date, host: provenance.host }),
    changed: new Date(changed).toISOString(),
  };
};

const run = async ({ flags, positionals }: Arguments, { out, err }: Terminal): Promise<number> => {
  const dir = await localDirectory(positionals[0] ?? standard, "record");
  if (positionals.length > 0 && !statAt(dir)?.isDirectory()) {
    const found = existsSync(dir) ? "not a directory" : "no such directory";
    throw new RangeflowFailure(problem(dir, found, "a directory with runs", "check the path"));
  }
  const { runs, studies, closed } = findRuns(dir);
  const groups = groupsOf(runs.map(listedRun), studies);
  const now = Date.now();
  for (const { dir: path, why } of closed) err(`${path} cannot be read: ${why}\n`);
  if (flags.json) {
    for (const { study, runs: of } of groups)
      for (const one of of) out(`${encodeJson(eventOf(one, study))}\n`);
    return 0;
  }
  const parts = [...groups.map((group) => groupText(group, dir, now)), ...emptyStudies(studies, groups)];
  if (parts.length === 0) out(`no runs in ${dir}; rangeflow train --out ${dir}/NAME creates one\n`);
  else out(`${parts.join("\n\n")}\n`);
  return 0;
};

export const listCommand: Command = {
  usage: "[DIR] [--json]",
  details:
    "The default of DIR is runs. Newest runs come first, those of a study together, with experiment, quantization (blank where it is unknown), test score at the end or after the last epoch, time since the last change, size of the files and state. Recordings and weights are not read. DIR may be s3://BUCKET/PREFIX, the store of a study: the records of its runs are downloaded, and sizes are those of local files.",
  operands: ["dir"],
  operandValues: { path: "directory" },
  options: [jsonOption],
  run,
};
