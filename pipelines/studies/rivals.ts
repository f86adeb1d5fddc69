/** @file The cells of a study: each of its experiments with each of the changes. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { loadExperiment } from "../experiments/experimentFile.ts";
import { checkSource, isBuiltIn, isExperimentFile, type RunSource } from "../experiments/source.ts";
import { ofAnyExperiment } from "../settings/commandOptions.ts";
import { optionOf, settingNames } from "../settings/settings.ts";
import type { Cell } from "./grid.ts";

/** Experiments that a study compares, by the names that its tables show. */
export type Experiments = Readonly<Record<string, RunSource>>;

/** One cell of a study. */
export interface Rival {
  /** Its experiment, unchanged. */
  readonly experiment: RunSource;
  /** Settings that the cell changes. */
  readonly changes: Cell;
  /** Settings that distinguish it from other cells: its changes, and the name of its experiment if there are several. */
  readonly settings: Cell;
  /** Those of some changes that its experiment accepts, and those that none of the experiments does, which it refuses. */
  readonly taken: (changes: Cell) => Cell;
}

/** Names of the options that an experiment declares; empty unless it comes from a file. */
const declaredBy = async (experiment: RunSource): Promise<readonly string[]> =>
  isExperimentFile(experiment) ? Object.keys((await loadExperiment("compare", experiment.file)).options) : [];

/** Whether an experiment accepts a change of that name. */
const taking = async (experiment: RunSource): Promise<(name: string) => boolean> => {
  if (isBuiltIn(experiment)) return (name) => (settingNames as readonly string[]).includes(name);
  if (!isExperimentFile(experiment)) return () => false;
  const declared = await declaredBy(experiment);
  return (name) => declared.includes(name) || (ofAnyExperiment as readonly string[]).includes(name);
};

/**
 * An experiment with changes. Every experiment accepts `seed`.
 *
 * @returns rejects with `RangeflowFailure` for a file that exports no experiment, and for other changes of an experiment made in code
 */
export const withChanges = async (experiment: RunSource, changes: Cell): Promise<RunSource> => {
  if (isBuiltIn(experiment)) return { ...experiment, wanted: { ...experiment.wanted, ...changes } };
  if (isExperimentFile(experiment)) {
    const declared = await declaredBy(experiment);
    const [own, others] = [true, false].map((isOwn) =>
      Object.fromEntries(Object.entries(changes).filter(([name]) => declared.includes(name) === isOwn)),
    );
    return {
      ...experiment,
      options: { ...experiment.options, ...own },
      changes: { ...experiment.changes, ...others },
    };
  }
  const { seed = experiment.seed, ...others } = changes;
  const wrong = Object.keys(others).map((name) =>
    problem(
      optionOf(name),
      `a change of ${experiment.name}, which was made in code`,
      "changes of built-in experiments, or of those from files",
      "make each variant an experiment of its own: compare({ narrow: .., wide: .. })",
    ),
  );
  if (wrong.length > 0) throw new RangeflowFailure(...wrong);
  return { ...experiment, seed };
};

const unique = (cells: readonly Cell[]): readonly Cell[] => [
  ...new Map(cells.map((cell) => [JSON.stringify(cell), cell])).values(),
];

/**
 * Every experiment with every change. A change that only some experiments accept leaves the others as they are. A change that none
 * accepts is kept, so that the experiments refuse it.
 *
 * @returns rejects with `RangeflowFailure` for an invalid experiment, and for a file that exports none
 */
export const rivalsOf = async (
  experiments: Experiments,
  changes: readonly Cell[] = [{}],
): Promise<readonly Rival[]> => {
  const named = Object.entries(experiments);
  for (const [name, experiment] of named) checkSource(`compare, ${name}`, experiment);
  const takes = await Promise.all(named.map(([, experiment]) => taking(experiment)));
  const isTaken = (name: string): boolean => takes.some((take) => take(name));
  return named.flatMap(([name, experiment], i) => {
    const isKept = (change: string): boolean => takes[i]?.(change) === true || !isTaken(change);
    const taken = (cell: Cell): Cell =>
      Object.fromEntries(Object.entries(cell).filter(([change]) => isKept(change)));
    const kept = changes.map(taken);
    const isWhole = kept.every(
      (cell, n) => Object.keys(cell).length === Object.keys(changes[n] ?? {}).length,
    );
    return (isWhole ? kept : unique(kept)).map(
      (cell): Rival => ({
        experiment,
        changes: cell,
        settings: named.length > 1 ? { experiment: name, ...cell } : cell,
        taken,
      }),
    );
  });
};
