/** @file What the runs of a cell will be, known before the first of them starts. */
import type { ReadData } from "../data/dataNamed.ts";
import { readOnce } from "../data/readOnce.ts";
import { type BuiltIn, isBuiltIn, isExperimentFile, type RunSource } from "../experiments/source.ts";
import { newClaim } from "../runs/claim.ts";
import { type Identity, identityOf } from "../runs/identity.ts";
import { type Prepared, prepare } from "../runs/prepare.ts";
import type { Resources } from "../runs/resources.ts";
import type { WithoutEffect } from "../runs/withoutEffect.ts";
import type { Cell } from "./grid.ts";
import { type Rival, withChanges } from "./rivals.ts";

/** A run that is known: what it is, how long it is, and the threads that it wants. */
export interface KnownRun {
  readonly source: RunSource;
  readonly identity: Identity;
  readonly epochs: number;
  readonly threads: Resources["threads"];
}

/** Finds out what a cell is with a seed; all of it rejects with `RangeflowFailure` where it cannot be. */
export interface CellRuns {
  readonly known: (changes: Cell) => Promise<KnownRun>;
  /** Prepares a run as it would be, and tells what changes nothing in it. */
  readonly check: (source: RunSource, runId: string | undefined) => Promise<readonly WithoutEffect[]>;
}

/** Prepares a run and lets go of its engine. */
const prepared = async (
  source: RunSource,
  given: Partial<Resources> & { readonly read: ReadData; readonly runId?: string },
): Promise<Prepared> => {
  const run = await prepare(source, { ...given, threads: 1 });
  run.engine.dispose();
  return run;
};

/** Whether a seed changes nothing but the seed: an option of that name may change data and network as well. */
const isPlainSeed = (source: RunSource): boolean => !isExperimentFile(source) || !("seed" in source.options);

/**
 * The runs of the cells of a study. Data of built-in experiments are read once for each place and limit, those of others once for
 * each cell.
 *
 * @param resources what is said of all runs
 * @param files gives the data of built-in experiments, for each place and limit once
 */
export const cellRuns = (resources: Partial<Resources>, files?: ReadData): ((rival: Rival) => CellRuns) => {
  const read = readOnce(files);
  const ofBuiltIn = async (source: BuiltIn): Promise<KnownRun> => {
    const claim = await newClaim(source.wanted);
    const { settings } = claim;
    const data = await read(settings);
    const identity = identityOf(claim, data.content());
    return { source, identity, epochs: settings.epochs, threads: resources.threads ?? settings.threads };
  };
  const ofOther = async (source: RunSource): Promise<KnownRun> => {
    const { identity, experiment } = await prepared(source, { ...resources, read });
    const said = isExperimentFile(source) ? source.changes.threads : undefined;
    return { source, identity, epochs: experiment.epochs, threads: resources.threads ?? said ?? "auto" };
  };
  return ({ experiment, changes: ofCell }) => {
    const before = new Map<string, Promise<KnownRun>>();
    return {
      known: async (changes) => {
        const source = await withChanges(experiment, { ...ofCell, ...changes });
        if (isBuiltIn(source)) return ofBuiltIn(source);
        if (!isPlainSeed(source)) return ofOther(source);
        const { seed, ...others } = changes;
        const key = JSON.stringify(others);
        const first = before.get(key) ?? ofOther(source);
        before.set(key, first);
        const { identity, ...rest } = await first;
        return { ...rest, source, identity: { ...identity, settings: { ...identity.settings, seed } } };
      },
      check: async (source, runId) =>
        isBuiltIn(source)
          ? (await prepared(source, { ...resources, read, ...(runId !== undefined && { runId }) })).inVain
          : [],
    };
  };
};
