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
