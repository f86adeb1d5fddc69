/** @file Notes below tables of how well ranges fit: what numbers leave out, and why some are missing. */

import type { RoleRow } from "./byRole.ts";
import { bitsUnknown } from "./histogramFit.ts";
import type { ReplayRow } from "./tally.ts";

/** Texts without repetitions, each with the names of the sites or estimators that it is about. */
const gathered = (of: readonly (readonly [name: string, text: string | undefined])[]) => {
  const names = new Map<string, Set<string>>();
  for (const [name, text] of of)
    if (text !== undefined) names.set(text, (names.get(text) ?? new Set()).add(name));
  return [...names].map(([text, at]) => [text, [...at]] as const);
};

/** Names of sites, or their number if there are many. */
const sitesText = (sites: readonly string[]): string =>
  sites.length > 8 ? `${sites.length} sites` : sites.join(", ");

/** Reasons why some sites have no SQNR although histograms were recorded. */
const unfitted = (rows: readonly ReplayRow[]): readonly string[] =>
  gathered(rows.map(({ site, unfit }) => [site, unfit])).map(
    ([why, at]) =>
      `No SQNR for ${sitesText(at)}: ${why}${why === bitsUnknown ? " (rangeflow replay --bits sets them)" : ""}.`,
  );

/** Notes on estimators that were shown only tensors with histograms. */
const thinned = (rows: readonly ReplayRow[]): readonly string[] => {
  const totals = new Map<string, { steps: number; among: number }>();
  for (const { estimator, steps, among } of rows) {
    if (among === undefined) continue;
    const total = totals.get(estimator) ?? { steps: 0, among: 0 };
    totals.set(estimator, { steps: total.steps + steps, among: total.among + among });
  }
  return gathered(
    [...totals].map(([estimator, { steps, among }]) => [estimator, `${steps} of ${among}`] as const),
  ).map(
    ([counts, of]) =>
      `${of.join(", ")}: needs histograms, so shown only the ${counts} tensors that have one, as if there were no others.`,
  );
};

/** Notes on estimators whose SQNR comes mostly from dynamic ranges, although most of their ranges are static. */
const fresh = (rows: readonly ReplayRow[]): readonly string[] =>
  gathered(
    rows.map(({ estimator, staticShare, sqnrStaticShare = 1 }) => [
      estimator,
      staticShare > 0.5 && sqnrStaticShare < 0.5 ? "" : undefined,
    ]),
  ).map(
    ([, of]) =>
      `${of.join(", ")}: SQNR and clipped come mostly from tensors whose range was computed from the tensor itself; where the range was known before its tensor, they may be worse.`,
  );

/** Notes on roles in which some sites have no SQNR. */
const partlyFitted = (roles: readonly RoleRow[]): readonly string[] =>
  gathered(
    roles.map(({ role, sites, sqnrSites }) => [
      role,
      sqnrSites === undefined || sqnrSites === sites ? undefined : `${sqnrSites} of ${sites} sites`,
    ]),
  ).map(([counts, of]) => `SQNR and clipped of role ${of.join(", ")}: means over ${counts}.`);

/** Notes on bounds, and on numbers without bounds. */
const bounded = (rows: readonly ReplayRow[]): readonly string[] => {
  const hasBounds = rows.some(({ bounds }) => bounds && bounds.meanError[0] !== bounds.meanError[1]);
  return [
    ...(hasBounds
      ? ["a to b: bounds over all tensors that print the same digits; a printed 0 is not taken as exactly 0."]
      : []),
    ...gathered(rows.map(({ estimator, unbounded }) => [estimator, unbounded])).map(
      ([why, of]) =>
        `*: computed from the printed numbers; bounds of ${of.join(", ")} are not known, since ${why}.`,
    ),
  ];
};

/** Notes on these rows, and on their summary by role. */
export const replayNotes = (rows: readonly ReplayRow[], roles: readonly RoleRow[]): readonly string[] => [
  ...thinned(rows),
  ...bounded(rows),
  ...fresh(rows),
  ...partlyFitted(roles),
  ...unfitted(rows),
];
