/** @file Plan of a study: its runs, and all problems, before the first run starts. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { describe, problem, type RangeflowError, RangeflowFailure, valueText } from "../../core/errors.ts";
import { isRecord } from "../../core/guards.ts";
import { listed } from "../../core/inWords.ts";
import { isBuiltIn } from "../experiments/source.ts";
import { type DoneRecord, donePath } from "../runs/doneRecord.ts";
import { harmless, runIdOf } from "../runs/identity.ts";
import { type Resources, saidResources } from "../runs/resources.ts";
import { holdsRun } from "../runs/runDirectory.ts";
import { askedInVain, namesIn, type WithoutEffect } from "../runs/withoutEffect.ts";
import { optionName } from "../settings/settings.ts";
import { caught } from "./caught.ts";
import { type CellRuns, cellRuns, type KnownRun } from "./cellRuns.ts";
import { comparedOf } from "./compared.ts";
import type { Comparing } from "./comparing.ts";
import { finishedRunsIn } from "./finishedRuns.ts";
import { axesOf, type Cell } from "./grid.ts";
import type { Pool } from "./pools.ts";
import { type Experiments, type Rival, rivalsOf } from "./rivals.ts";
import { runName } from "./runName.ts";
import type { Compared } from "./summary.ts";

/** One run of a study. */
export interface PlannedRun extends KnownRun {
  /** Number of its cell, from 0. */
  readonly cell: number;
  readonly seed: number;
  /** Id of the run when it was planned. */
  readonly runId: string;
  readonly name: string;
  /** Directory of the run: the one with its name, or the one that its record was found in. */
  readonly dir: string;
  /** Record of the run, if it has finished already. */
  readonly record?: DoneRecord;
}

/** Options that define a study: cells, seeds, directory, comparisons and resources. */
export interface PlanOptions extends Partial<Resources>, Comparing {
  /**
   * Changes that each cell makes to every experiment: settings, with the names of the command line in camel case, or options that the
   * file of an experiment declares. Default: one cell for each experiment. Differences are taken against the first cell, or the first of
   * each group.
   */
  readonly cells?: readonly Cell[];
  /** Seeds, integers from 0. Every cell runs with each of them. */
  readonly seeds: readonly number[];
  /** Directory of the study. It holds a directory for each run, and `runs.csv`. */
  readonly out: string;
  /** Train nothing, and report the finished runs only. Default: false. */
  readonly onlyFinished?: boolean;
  /** Number of parallel processes. Default: `auto`, as many as there are cores and runs left. */
  readonly jobs?: number | "auto";
}

/** A planned study. */
export interface Plan extends Compared {
  readonly pools: readonly Pool[];
  /** All runs, cell by cell. */
  readonly runs: readonly PlannedRun[];
}

/** Result of preparing a run of a cell: problems that would end it before its first batch, and what has no effect on it. */
interface CheckedCell {
  readonly problems: readonly RangeflowError[];
  readonly inVain: readonly WithoutEffect[];
}

const checkedCell = async (
  runs: CellRuns,
  source: KnownRun["source"],
  runId: string | undefined,
): Promise<CheckedCell> => {
  const inVain = await caught(() => runs.check(source, runId));
  return E.isLeft(inVain) ? { problems: inVain.left, inVain: [] } : { problems: [], inVain: inVain.right };
};

/** A planned cell. */
interface PlannedCell {
  readonly runs: readonly PlannedRun[];
  readonly problems: readonly RangeflowError[];
  /** Result of preparing one of its runs; undefined if all have finished. */
  readonly checked: CheckedCell | undefined;
}

/** What all cells of a study are planned with. */
interface CellOptions extends Pick<PlanOptions, "seeds" | "out" | "onlyFinished"> {
  readonly axes: readonly string[];
  readonly finished: ReturnType<typeof finishedRunsIn>;
}

/** Plans the runs of a cell, one for each seed, and prepares the first one that is not done. */
const plannedCell = async (
  cell: number,
  { changes, experiment }: Rival,
  cellRuns: CellRuns,
  { seeds, out, axes, finished, onlyFinished = false }: CellOptions,
): Promise<PlannedCell> => {
  const problems: RangeflowError[] = [];
  const runs: PlannedRun[] = [];
  let checked: CheckedCell | undefined;
  for (const seed of seeds) {
    const known = await caught(() => cellRuns.known({ seed }));
    if (E.isLeft(known)) {
      problems.push(...known.left);
      if (isBuiltIn(experiment)) {
        const wanted = { ...experiment.wanted, ...changes, seed };
        checked ??= await checkedCell(cellRuns, { ...experiment, wanted }, undefined);
      }
      continue;
    }
    const { identity, source } = known.right;
    const name = runName(identity, axes);
    const run = { ...known.right, cell, seed, runId: runIdOf(identity), name, dir: join(out, name) };
    const found = await caught(() => finished(run));
    if (E.isLeft(found)) problems.push(...found.left);
    const ended = E.isRight(found) ? found.right : undefined;
    runs.push({ ...run, ...ended });
    if (ended === undefined && !onlyFinished) checked ??= await checkedCell(cellRuns, source, run.runId);
  }
  const idle = checked?.inVain.filter(({ holdsAnyway }) => !holdsAnyway) ?? [];
  problems.push(...(checked?.problems ?? []), ...askedInVain(idle, namesIn(changes)));
  return { runs, problems, checked };
};

/** Names of settings that all cells of an experiment share. Experiments of other kinds report their own settings without effect. */
const sharedNames = ({ experiment }: Rival): readonly string[] =>
  isBuiltIn(experiment) ? namesIn(experiment.wanted) : [];

/** Settings that all cells of an experiment share and none of them uses. Cells that were not prepared might use them. */
const sharedInVain = (
  rivals: readonly Rival[],
  checked: readonly (CheckedCell | undefined)[],
): readonly RangeflowError[] =>
  [...new Set(rivals.map(({ experiment }) => experiment))].flatMap((experiment) => {
    const [first, ...others] = rivals.flatMap((rival, i) =>
      rival.experiment === experiment ? [{ rival, cell: checked[i] }] : [],
    );
    if (first === undefined) return [];
    return askedInVain(first.cell?.inVain ?? [], sharedNames(first.rival)).filter((one) =>
      others.every(({ cell }) => cell?.inVain.some(({ problem }) => problem.found === one.found)),
    );
  });

/** Why cells are alike that state different settings; undefined if these may change bits. */
const alikeHint = (cell: Cell, other: Cell): string | undefined => {
  const names = axesOf([cell, other]).filter((name) => String(cell[name]) !== String(other[name]));
  if (names.length === 0 || !names.every((name) => harmless.includes(name))) return undefined;
  const [change, make] = names.length === 1 ? ["changes", "makes"] : ["change", "make"];
  return `${listed(names.map((name) => optionName(name)))} ${change} no bit of these runs and ${make} no cells`;
};

/** Runs that would share a directory. */
const repeated = (runs: readonly PlannedRun[], cells: readonly Cell[]): readonly RangeflowError[] => {
  const first = new Map<string, PlannedRun>();
  return runs.flatMap((run) => {
    const same = first.get(run.name);
    if (same === undefined) {
      first.set(run.name, run);
      return [];
    }
    const found =
      same.cell === run.cell ? `seed ${run.seed} twice` : `cells ${same.cell + 1} and ${run.cell + 1} alike`;
    return [problem("compare", found, "runs that differ", alikeHint(cells[same.cell]!, cells[run.cell]!))];
  });
};

const unique = (problems: readonly RangeflowError[]): readonly RangeflowError[] => [
  ...new Map(problems.map((each) => [describe(each), each])).values(),
];

/** Invalid arguments, which the compiler reports in TypeScript. */
const askedProblems = (
  experiments: Experiments,
  { seeds, cells = [] }: Pick<PlanOptions, "seeds" | "cells">,
): readonly RangeflowError[] => [
  ...(isRecord(experiments)
    ? []
    : [problem("compare", valueText(experiments), "experiments by name: { mine: experiment({ .. }) }")]),
  ...(Array.isArray(seeds) && seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)
    ? []
    : [problem("compare, seeds", valueText(seeds), "an array of integers from 0, such as [1, 2, 3]")]),
  ...(Array.isArray(cells) && cells.every(isRecord)
    ? []
    : [
        problem(
          "compare, cells",
          valueText(cells),
          'an array of changes, such as [{ bits: "8/8/8" }, { bits: "4/4/4" }]',
          "combinations() makes them of lists of values",
        ),
      ]),
];

/**
 * Plans the runs of a study. Every cell with an unfinished run is prepared once, exactly as that run would be, which checks its data,
 * estimators, network and memory.
 *
 * @throws `RangeflowFailure` with every problem of any cell
 */
export const planOf = async (experiments: Experiments, options: PlanOptions): Promise<Plan> => {
  const { seeds, jobs = "auto" } = options;
  const asked = askedProblems(experiments, options);
  if (asked.length > 0) throw new RangeflowFailure(...asked);
  const problems: RangeflowError[] = [];
  if (jobs !== "auto" && !(Number.isInteger(jobs) && jobs >= 1))
    problems.push(problem("compare, jobs", String(jobs), "auto, or an integer from 1"));
  if (holdsRun(options.out) || existsSync(donePath(options.out)))
    problems.push(
      problem(options.out, "the directory of a run", "that of a study, or a new one", "name another"),
    );
  const rivals = await rivalsOf(experiments, options.cells);
  const cells = rivals.map(({ settings }) => settings);
  const axes = axesOf(cells);
  const runsOf = cellRuns(saidResources(options));
  const cellOptions = { ...options, axes, finished: finishedRunsIn(options.out, axes) };
  const planned: (PlannedCell & { readonly known: CellRuns["known"]; readonly taken: Rival["taken"] })[] = [];
  for (const [cell, rival] of rivals.entries()) {
    const ofCell = runsOf(rival);
    const one = await plannedCell(cell, rival, ofCell, cellOptions);
    planned.push({ ...one, known: ofCell.known, taken: rival.taken });
    problems.push(...one.problems);
  }
  const runs = planned.flatMap((one) => one.runs);
  const checked = planned.map((one) => one.checked);
  problems.push(...sharedInVain(rivals, checked));
  if (cells.length === 0 || seeds.length === 0)
    problems.push(problem("compare", "nothing to run", "at least one cell and one seed"));
  problems.push(...repeated(runs, cells));
  // Cells that cannot be identified have no runs. Their problems are reported already.
  const identified = planned.flatMap(({ runs: [run], known, taken }, cell) =>
    run === undefined ? [] : [{ settings: cells[cell] as Cell, identity: run.identity, known, taken }],
  );
  const nameOf = async (cell: number, changes: Cell): Promise<string> => {
    const { known, taken } = identified[cell] as (typeof identified)[number];
    return runName((await known(taken(changes))).identity, axes);
  };
  const cellOf = new Map(runs.map(({ name, cell }) => [name, cell]));
  const compared = await caught(() => comparedOf(identified, options, { nameOf, cellOf, seeds }));
  if (E.isLeft(compared)) problems.push(...compared.left);
  if (problems.length > 0 || E.isLeft(compared)) throw new RangeflowFailure(...unique(problems));
  return { ...compared.right, runs };
};
