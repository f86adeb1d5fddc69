/** @file Runs and the cells that their study was planned with: by what they are, whatever their directories are called. */
import type { Identity } from "../runs/identity.ts";
import { cellId } from "../studies/cellId.ts";
import { axesOf } from "../studies/grid.ts";
import type { FiledRun, StudyFile } from "../studies/studyFile.ts";

/** A run, or one of which nothing is left but the name that its study gave it. */
export interface NamedRun {
  /** Name of its directory. */
  readonly directory: string;
  readonly identity: Identity | undefined;
}

/** Settings that a study was planned to vary. */
export const plannedAxes = ({ cells }: StudyFile): readonly string[] =>
  axesOf(cells.map(({ settings }) => settings));

/**
 * Number of the cell of a run; undefined if it belongs to none. A run of a further seed belongs to the cell of the others.
 *
 * @returns a function of runs, so that the plan is looked through once
 */
export const plannedCellOf = (study: StudyFile): ((run: NamedRun) => number | undefined) => {
  const axes = plannedAxes(study);
  const byId = new Map(study.cells.map(({ id }, cell) => [id, cell]));
  const byName = new Map(study.cells.flatMap(({ runs }, cell) => runs.map(({ name }) => [name, cell])));
  return ({ directory, identity }) => (identity ? byId.get(cellId(identity, axes)) : byName.get(directory));
};

/** A run that may have finished. */
interface EndedRun extends NamedRun {
  readonly done?: unknown;
}

/** Rank of a run among those of one cell and seed: `compare` takes one that has finished, in the directory that it names if it can. */
const rankOf = ({ directory, done }: EndedRun, planned: FiledRun | undefined): number =>
  (done === undefined ? 2 : 0) + (directory === planned?.name ? 0 : 1);

/**
 * Numbers of the cells of runs; undefined for runs of none. Of runs that differ only in what changes no bit and what the study does not
 * vary, such as threads, the one that `compare` takes counts, and the others are of no cell.
 */
export const plannedCellsOf = (
  study: StudyFile,
  runs: readonly EndedRun[],
): readonly (number | undefined)[] => {
  const cells = runs.map(plannedCellOf(study));
  const plannedOf = plannedRunOf(study);
  const taken = new Map<string, EndedRun>();
  const keyOf = (i: number): string => `${cells[i]} ${runs[i]!.identity?.settings.seed}`;
  const inOrder = runs
    .map((run, i) => ({ run, key: keyOf(i), rank: rankOf(run, plannedOf(run)) }))
    .toSorted((a, b) => a.rank - b.rank || (a.run.directory < b.run.directory ? -1 : 1));
  for (const { run, key } of inOrder) if (!taken.has(key)) taken.set(key, run);
  return cells.map((cell, i) => (runs[i]!.identity && taken.get(keyOf(i)) !== runs[i] ? undefined : cell));
};

/** The run that was planned and that a run is; undefined for one that was not planned. */
export const plannedRunOf = (study: StudyFile): ((run: NamedRun) => FiledRun | undefined) => {
  const cellOf = plannedCellOf(study);
  return (run) => {
    const cell = cellOf(run);
    if (cell === undefined) return undefined;
    const { directory, identity } = run;
    return study.cells[cell]!.runs.find(({ name, seed }) =>
      identity ? seed === Number(identity.settings.seed) : name === directory,
    );
  };
};

/** Number of planned runs that are not among these. */
export const leftIn = (study: StudyFile, runs: readonly NamedRun[]): number => {
  const found = new Set(runs.map(plannedRunOf(study)));
  return study.cells.flatMap(({ runs }) => runs).filter((run) => !found.has(run)).length;
};
