import type { ReplayRow } from "./tally.ts";

/** Row of one estimator at all sites of one role. */
export type RoleRow = Omit<ReplayRow, "site" | "unfit"> & { readonly sites: number };

/** The rows of a study put together by role and estimator: means over sites, of the 95th percentiles the greatest. */
export const byRole = (rows: readonly ReplayRow[]): readonly RoleRow[] => {
  const groups = new Map<string, ReplayRow[]>();
  for (const row of rows) {
    const key = `${row.role} ${row.estimator}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => {
    const { role, estimator } = group[0] as ReplayRow;
    const meanOf = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const mean = (field: "staticShare" | "clippedSteps" | "meanError"): number =>
      meanOf(group.map((row) => row[field]));
    const fitted = group.flatMap(({ sqnr, clippedShare }) =>
      sqnr === undefined || clippedShare === undefined ? [] : [{ sqnr, clippedShare }],
    );
    return {
      role,
      estimator,
      sites: group.length,
      steps: group.reduce((sum, { steps }) => sum + steps, 0),
      staticShare: mean("staticShare"),
      clippedSteps: mean("clippedSteps"),
      meanError: mean("meanError"),
      p95Error: Math.max(...group.map(({ p95Error }) => p95Error)),
      ...(fitted.length > 0 && {
        sqnr: meanOf(fitted.map(({ sqnr }) => sqnr)),
        clippedShare: meanOf(fitted.map(({ clippedShare }) => clippedShare)),
      }),
    };
  });
};
