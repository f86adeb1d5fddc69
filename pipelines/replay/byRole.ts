import { mean } from "../../core/mean.ts";
import type { Bounds, ReplayRow } from "./tally.ts";

/** Summary of one estimator over all sites of one role. */
export type RoleRow = Omit<ReplayRow, "site" | "unfit" | "lost" | "sqnrStaticShare"> & {
  /** Number of sites. */
  readonly sites: number;
  /** Number of sites in the mean signal-to-noise ratio: those with a loss, or all if none has any; absent without such ratios. */
  readonly sqnrSites?: number;
};

/** Shares that are averaged over sites. */
const means = ["staticShare", "clippedSteps", "meanError"] as const;

/** Mean of the finite ratios, and their number; infinite if all are. */
const meanRatio = (ratios: readonly number[]): { readonly sqnr: number; readonly sqnrSites: number } => {
  const finite = ratios.filter(Number.isFinite);
  const those = finite.length === 0 ? ratios : finite;
  return { sqnr: mean(those), sqnrSites: those.length };
};

/** The rows of a replay grouped by role and estimator: means over sites, and the largest of their 95th percentiles. */
export const byRole = (rows: readonly ReplayRow[]): readonly RoleRow[] => {
  const groups = new Map<string, ReplayRow[]>();
  for (const row of rows) {
    const key = `${row.role} ${row.estimator}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => {
    const { role, estimator } = group[0] as ReplayRow;
    const fitted = group.flatMap(({ sqnr, clippedShare, sqnrSteps, losslessSteps = 0 }) =>
      sqnr === undefined || clippedShare === undefined || sqnrSteps === undefined
        ? []
        : [{ sqnr, clippedShare, sqnrSteps, losslessSteps }],
    );
    const losslessSteps = fitted.reduce((sum, site) => sum + site.losslessSteps, 0);
    const unbounded = group.find((row) => row.unbounded !== undefined)?.unbounded;
    return {
      ...{ role, estimator, sites: group.length },
      steps: group.reduce((sum, { steps }) => sum + steps, 0),
      ...(group.some(({ among }) => among !== undefined) && {
        among: group.reduce((sum, { steps, among = steps }) => sum + among, 0),
      }),
      ...meansOf(group),
      p95Error: Math.max(...group.map(({ p95Error }) => p95Error)),
      ...(fitted.length > 0 && {
        ...meanRatio(fitted.map(({ sqnr }) => sqnr)),
        clippedShare: mean(fitted.map(({ clippedShare }) => clippedShare)),
        sqnrSteps: fitted.reduce((sum, { sqnrSteps }) => sum + sqnrSteps, 0),
        ...(losslessSteps > 0 && { losslessSteps }),
      }),
      ...(unbounded === undefined && group.some(({ bounds }) => bounds) && { bounds: boundsOf(group) }),
      ...(unbounded !== undefined && { unbounded }),
    };
  });
};

const meansOf = (group: readonly ReplayRow[]): Pick<RoleRow, (typeof means)[number]> => {
  const meanIn = (field: (typeof means)[number]): number => mean(group.map((row) => row[field]));
  return {
    staticShare: meanIn("staticShare"),
    clippedSteps: meanIn("clippedSteps"),
    meanError: meanIn("meanError"),
  };
};

/** Bounds of the numbers of a group. Exact rows bound themselves. */
const boundsOf = (group: readonly ReplayRow[]): NonNullable<RoleRow["bounds"]> => {
  const of = (field: (typeof means)[number] | "p95Error", end: 0 | 1): readonly number[] =>
    group.map((row) => row.bounds?.[field][end] ?? row[field]);
  const meanIn = (field: (typeof means)[number]): Bounds => [mean(of(field, 0)), mean(of(field, 1))];
  return {
    staticShare: meanIn("staticShare"),
    clippedSteps: meanIn("clippedSteps"),
    meanError: meanIn("meanError"),
    p95Error: [Math.max(...of("p95Error", 0)), Math.max(...of("p95Error", 1))],
  };
};
