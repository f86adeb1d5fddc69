/** @file Assigns runs to the cells that their study was planned with, by identity and not by directory name. */
import { type Identity, runIdOf } from "../runs/identity.ts";
import { axesOf } from "../studies/grid.ts";
import { runName } from "../studies/runName.ts";
import type { StudyFile } from "../studies/studyFile.ts";

/** Settings that change no bit but that a study may vary. */
export const measured = ["engine", "threads"] as const;

/** A name shared by runs that differ only in their seeds. */
export const cellId = (identity: Identity): string => {
  const { seed: _, ...settings } = identity.settings;
  return [runIdOf({ ...identity, settings }), ...measured.map((name) => settings[name])].join();
};

/** A run, or one of which only the name in its study is left. */
interface NamedRun {
  readonly name: string;
  readonly identity: Identity | undefined;
}

/** Name that a study gives to a run. */
export const nameIn = ({ cells }: StudyFile): (({ name, identity }: NamedRun) => string) => {
  const axes = axesOf(cells.map(({ settings }) => settings));
  return ({ name, identity }) => (identity ? runName(identity, axes) : name);
};

/** Number of planned runs that are not among these. */
export const leftIn = (study: StudyFile, runs: readonly NamedRun[]): number => {
  const found = new Set(runs.map(nameIn(study)));
  return study.cells.flatMap(({ runs }) => runs).filter(({ name }) => !found.has(name)).length;
};

/** Cell number of each run; undefined for runs without a cell. A run with an additional seed belongs to the cell of the others. */
export const plannedCellOf = (
  runs: readonly NamedRun[],
  study: StudyFile,
): readonly (number | undefined)[] => {
  const named = new Map(
    study.cells.flatMap(({ runs }, cell) => runs.map(({ name }) => [name, cell] as const)),
  );
  const nameOf = nameIn(study);
  const own = runs.map((run) => named.get(nameOf(run)));
  const byId = new Map<string, Set<number>>();
  runs.forEach(({ identity }, i) => {
    const cell = own[i];
    if (!identity || cell === undefined) return;
    const id = cellId(identity);
    byId.set(id, (byId.get(id) ?? new Set()).add(cell));
  });
  return runs.map(({ identity }, i) => {
    if (own[i] !== undefined || !identity) return own[i];
    const [cell, another] = byId.get(cellId(identity)) ?? [];
    return another === undefined ? cell : undefined;
  });
};
