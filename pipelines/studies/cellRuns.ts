/** @file Facts about the runs of a cell, found before any of them starts. */
import type { OverriddenRule } from "../../quantizers/rules/overriddenRules.ts";
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

/** A planned run: its identity, its length, and the threads that it requests. */
export interface KnownRun {
  readonly source: RunSource;
  readonly identity: Identity;
  readonly epochs: number;
  /** Rules of an experiment for some sites that settings of its cell override. */
  readonly overridden: readonly OverriddenRule[];
  readonly threads: Resources["threads"];
}

/** Finds out what a cell is with a given seed. Both functions reject with `RangeflowFailure` for an invalid cell. */
export interface CellRuns {
  readonly known: (changes: Cell) => Promise<KnownRun>;
  /** Prepares a run as it would be started, and returns what has no effect on it. */
  readonly check: (source: RunSource, runId: string | undefined) => Promise<readonly WithoutEffect[]>;
}

/** Prepares a run and disposes its engine. */
const prepared = async (
  source: RunSource,
  given: Partial<Resources> & { readonly read: ReadData; readonly runId?: string },
): Promise<Prepared> => {
  const run = await prepare(source, { ...given, threads: 1 });
  run.engine.dispose();
  return run;
};

/** Whether changing the seed changes nothing else. An option named `seed` in a file may also change data and network. */
const isPlainSeed = (source: RunSource): boolean => !isExperimentFile(source) || !("seed" in source.options);

/**
 * Finds out the runs of a study's cells. Data of built-in experiments are read once per place and limit, all others once per cell.
 *
 * @param resources resources of all runs
 * @param files reads the data of built-in experiments, once per place and limit
 */
export const cellRuns = (
  resources: Partial<Resources>,
  files?: ReadData,
): ((rival: Pick<Rival, "experiment" | "changes">) => CellRuns) => {
  const read = readOnce(files);
  const ofBuiltIn = async (source: BuiltIn): Promise<KnownRun> => {
    const claim = await newClaim(source.wanted);
    const { settings } = claim;
    const data = await read(settings);
    const identity = identityOf(claim, data.content());
    const { epochs, threads } = settings;
    // Settings of built-in experiments are ordered, so that those for all sites override none for some.
    return { source, identity, epochs, overridden: [], threads: resources.threads ?? threads };
  };
  const ofOther = async (source: RunSource): Promise<KnownRun> => {
    const { identity, experiment, overridden } = await prepared(source, { ...resources, read });
    const said = isExperimentFile(source) ? source.changes.threads : undefined;
    const { epochs } = experiment;
    return { source, identity, epochs, overridden, threads: resources.threads ?? said ?? "auto" };
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
