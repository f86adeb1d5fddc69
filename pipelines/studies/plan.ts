/** @file What a study will run, and everything that is wrong with it, before the first run starts. */
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { describe, problem, type RangeflowError, RangeflowFailure } from "../../core/errors.ts";
import { contentOf, type DataContent } from "../data/dataContent.ts";
import { dataNamed } from "../data/dataNamed.ts";
import { builtIn } from "../experiments/source.ts";
import { newClaim } from "../runs/claim.ts";
import { type DoneRecord, doneRecordIn } from "../runs/doneRecord.ts";
import { differences, harmless, type Identity, identityOf, runIdOf } from "../runs/identity.ts";
import { prepare } from "../runs/prepare.ts";
import { askedInVain, namesIn, type WithoutEffect } from "../runs/withoutEffect.ts";
import type { SettingName, Settings } from "../settings/settings.ts";
import { type Counterparts, counterpartsOf } from "./counterparts.ts";
import type { Cell } from "./grid.ts";
import { runName } from "./runName.ts";

/** One run of a study. */
export interface PlannedRun {
  /** Number of its cell, from 0. */
  readonly cell: number;
  readonly seed: number;
  /** What it differs in from the defaults. */
  readonly wanted: Partial<Settings>;
  /** All of its settings. */
  readonly settings: Settings;
  /** Of its identity when it was planned. */
  readonly runId: string;
  readonly name: string;
  readonly dir: string;
  /** How it ended, if it has been run before. */
  readonly record?: DoneRecord;
}

export interface PlanOptions {
  /** What each cell changes in the settings; differences are taken against the first one. */
  readonly cells: readonly Cell[];
  /**
   * Settings that lead from each cell to its counterpart, the cell that differs from it in these alone: where cells vary bits and
   * gradient ranges, `{ gradientRange: "currentMinMax" }` compares each with the dynamic one of its bits, beside the first.
   */
  readonly against?: Cell;
  readonly seeds: readonly number[];
  /** Directory of the study: one of each run in it, and `runs.csv`. */
  readonly out: string;
  /** Processes side by side; `auto`: as many as there are cores for, and runs to do. */
  readonly jobs?: number | "auto";
}

export interface Plan {
  readonly cells: readonly Cell[];
  readonly counterparts: Counterparts;
  /** All of them, cell by cell. */
  readonly runs: readonly PlannedRun[];
}

/** The settings that some of the cells name. */
export const axesOf = (cells: readonly Cell[]): readonly SettingName[] => [
  ...new Set(cells.flatMap((cell) => Object.keys(cell) as SettingName[])),
];

/** Whether a record is of this very run, also in what a study varies although it changes no bit. */
const isRunOf = (identity: Identity, axes: readonly SettingName[], record: DoneRecord): boolean =>
  differences(identity, record.identity).length === 0 &&
  harmless
    .filter((name) => (axes as readonly string[]).includes(name))
    .every((name) => String(identity.settings[name]) === String(record.identity.settings[name]));

/** Gives the identities of runs that are wanted; data are read once for each place and limit. */
const identities = (): ((wanted: Partial<Settings>) => Promise<Identity<Settings>>) => {
  const contents = new Map<string, Promise<DataContent>>();
  return async (wanted) => {
    const claim = await newClaim(wanted);
    const { data, dataDir, limit, testLimit } = claim.settings;
    const key = JSON.stringify([data, dataDir, limit, testLimit]);
    const content = contents.get(key) ?? dataNamed(claim.settings).then(contentOf);
    contents.set(key, content);
    return identityOf(claim, await content);
  };
};

/** The failures of something, or what it gives. */
const caught = async <T>(act: Promise<T>): Promise<E.Either<readonly RangeflowError[], T>> => {
  try {
    return E.right(await act);
  } catch (error) {
    if (error instanceof RangeflowFailure) return E.left(error.problems);
    throw error;
  }
};

/** The record of a run; one that is damaged or was changed is a problem of the study. */
const recordIn = (dir: string, problems: RangeflowError[]): DoneRecord | undefined => {
  try {
    return doneRecordIn(dir);
  } catch (error) {
    if (!(error instanceof RangeflowFailure)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
};

/** A cell whose run was prepared: what would end it before its first batch, and what changes nothing in it. */
interface CheckedCell {
  readonly problems: readonly RangeflowError[];
  readonly inVain: readonly WithoutEffect[];
}

const checkedCell = async (wanted: Partial<Settings>, runId: string | undefined): Promise<CheckedCell> => {
  const planned = runId === undefined ? {} : { runId };
  const prepared = await caught(prepare(builtIn({ ...wanted, threads: 1 }), planned));
  if (E.isLeft(prepared)) return { problems: prepared.left, inVain: [] };
  const { engine, inVain } = prepared.right;
  engine.dispose();
  return { problems: [], inVain };
};

/** What all cells share and none of them uses; cells that were not prepared may. */
const sharedInVain = (
  checked: readonly (CheckedCell | undefined)[],
  shared: Partial<Settings>,
): readonly RangeflowError[] => {
  const [first, ...others] = checked;
  return askedInVain(first?.inVain ?? [], namesIn(shared)).filter((one) =>
    others.every((cell) => cell?.inVain.some(({ problem }) => problem.found === one.found)),
  );
};

/** Runs that would share a directory. */
const repeated = (runs: readonly PlannedRun[]): readonly RangeflowError[] => {
  const first = new Map<string, PlannedRun>();
  return runs.flatMap((run) => {
    const same = first.get(run.name);
    if (same === undefined) {
      first.set(run.name, run);
      return [];
    }
    const found =
      same.cell === run.cell ? `seed ${run.seed} twice` : `cells ${same.cell + 1} and ${run.cell + 1} alike`;
    return [problem("compare", found, "runs that differ")];
  });
};

const unique = (problems: readonly RangeflowError[]): readonly RangeflowError[] => [
  ...new Map(problems.map((each) => [describe(each), each])).values(),
];

/**
 * The runs of a study. Cells with a run still to do are prepared once, as that run would be, so that data, estimators, network
 * and memory are known to be there.
 *
 * @throws `RangeflowFailure` of everything that is wrong with any cell
 */
export const planOf = async (
  shared: Partial<Settings>,
  { cells, seeds, out, against, jobs = "auto" }: PlanOptions,
): Promise<Plan> => {
  const axes = axesOf(cells);
  const problems: RangeflowError[] = [];
  if (jobs !== "auto" && !(Number.isInteger(jobs) && jobs >= 1))
    problems.push(problem("--jobs", String(jobs), "auto, or an integer from 1"));
  const runs: PlannedRun[] = [];
  const checked: (CheckedCell | undefined)[] = [];
  const identityFor = identities();
  for (const [cell, changes] of cells.entries()) {
    let check: CheckedCell | undefined;
    for (const seed of seeds) {
      const wanted = { ...shared, ...changes, seed };
      const identity = await caught(identityFor(wanted));
      if (E.isLeft(identity)) {
        check ??= await checkedCell(wanted, undefined);
        problems.push(...identity.left, ...check.problems);
        continue;
      }
      const { settings } = identity.right;
      const name = runName(identity.right, axes);
      const dir = join(out, name);
      const record = recordIn(dir, problems);
      const isDone = record !== undefined && isRunOf(identity.right, axes, record);
      if (record !== undefined && !isDone)
        problems.push(problem(dir, "the record of another run", `that of ${name}`, "name another --out"));
      const runId = runIdOf(identity.right);
      runs.push({ cell, seed, wanted, settings, runId, name, dir, ...(isDone && { record }) });
      if (!isDone) check ??= await checkedCell(wanted, runId);
    }
    const idle = check?.inVain.filter(({ holdsAnyway }) => !holdsAnyway) ?? [];
    problems.push(...(check?.problems ?? []), ...askedInVain(idle, namesIn(changes)));
    checked.push(check);
  }
  problems.push(...sharedInVain(checked, shared));
  if (cells.length === 0 || seeds.length === 0)
    problems.push(problem("compare", "nothing to run", "at least one cell and one seed"));
  problems.push(...repeated(runs));
  const counterparts = await counterpartsOf(
    shared,
    { cells, seeds, ...(against && { against }) },
    async (wanted) =>
      E.map((identity: Identity<Settings>) => runName(identity, axes))(await caught(identityFor(wanted))),
    new Map(runs.map(({ name, cell }) => [name, cell])),
  );
  if (E.isLeft(counterparts)) problems.push(...counterparts.left);
  if (problems.length > 0 || E.isLeft(counterparts)) throw new RangeflowFailure(...unique(problems));
  return { cells, counterparts: counterparts.right, runs };
};
