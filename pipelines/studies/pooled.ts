/** @file Pooled differences of several cells from their counterparts. */
import { mean } from "../../core/mean.ts";
import type { PoolEvent, PooledDifference, RunDoneEvent, RunEvent } from "./events.ts";
import type { Pool } from "./pools.ts";
import { judged } from "./spread.ts";
import {
  type Compared,
  differing,
  doneIn,
  isScoredAlike,
  marginOf,
  pairsOf,
  resolutionOf,
} from "./summary.ts";

/**
 * Mean of differences over groups, all with the same weight; null if there are none.
 *
 *     mean = 1/G sum_g d_g    variance = 1/G^2 sum_g s^2 / n_g    s^2 = sum_g sum_i (d_gi - d_g)^2 / (N - G)
 *
 * Deviations are taken from the mean of their own group, so differences between networks do not count as noise. The result is a statement
 * about these groups, not about others. Groups share one variance, because a handful of seeds cannot estimate several.
 *
 * @param groups the differences in each group
 */
export const pooledDifference = (
  groups: readonly (readonly number[])[],
  resolution: number | undefined,
  margin?: number,
): PooledDifference | null => {
  const filled = groups.filter(({ length }) => length > 0);
  if (filled.length === 0) return null;
  const pairs = filled.flat().length;
  const means = filled.map(mean);
  const degreesOfFreedom = pairs - filled.length;
  const squares = filled.flatMap((group, g) => group.map((one) => (one - means[g]!) ** 2));
  const sum = squares.reduce((all, one) => all + one, 0);
  const sd = degreesOfFreedom === 0 || !Number.isFinite(sum) ? null : Math.sqrt(sum / degreesOfFreedom);
  const errorOfOne = Math.sqrt(filled.reduce((all, { length }) => all + 1 / length, 0)) / filled.length;
  return {
    groups: filled.length,
    pairs,
    degreesOfFreedom,
    ...judged({ mean: mean(means), sd, degreesOfFreedom, errorOfOne }, resolution, margin),
  };
};

type Pairs = ReturnType<typeof pairsOf>;

/**
 * Differences of one group, one for each seed that all of its cells have. Cells of a group share the runs of their counterparts, so their
 * differences are not independent and are averaged first.
 */
const bySeed = (cells: readonly Pairs[]): readonly number[] => {
  const [first = [], ...others] = cells;
  return first.flatMap(([{ seed }]) => {
    const same = [first, ...others].map((pairs) => pairs.find(([run]) => run.seed === seed));
    const differences = same.flatMap((pair) =>
      pair === undefined ? [] : [differing(pair[0].done.score, pair[1].done.score)],
    );
    return differences.length < cells.length ? [] : [mean(differences)];
  });
};

/** Pools whose runs are done. Pools whose cells are scored by different metrics are left out. */
export const pooledOf = (
  pools: readonly Pool[],
  { firsts, counterparts, margin }: Compared,
  runs: readonly RunEvent[],
): readonly PoolEvent[] =>
  pools.flatMap(({ name, cells }): readonly PoolEvent[] => {
    const pairsIn = (cell: number): Pairs => pairsOf(doneIn(runs, cell), doneIn(runs, counterparts[cell]!));
    const groups = [...new Set(cells.map((cell) => firsts[cell]))].map((first) =>
      cells.filter((cell) => firsts[cell] === first).map(pairsIn),
    );
    const all: readonly RunDoneEvent[] = groups.flat(3);
    const [one] = all;
    if (one === undefined || !all.every((run) => isScoredAlike(run, one))) return [];
    const test = pooledDifference(groups.map(bySeed), resolutionOf(all), marginOf(all, margin));
    const { metric: score, better } = one.done;
    return test === null ? [] : [{ event: "pool", name, cells, score, better, test }];
  });
