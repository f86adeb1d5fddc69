/** @file Output of `rangeflow replay`: tables of how well ranges fit, and the meaning of their columns. */
import { counted } from "../../core/inWords.ts";
import { byRole, type RoleRow } from "../replay/byRole.ts";
import { bitsUnknown } from "../replay/histogramFit.ts";
import type { Bounds, ReplayRow } from "../replay/tally.ts";
import { percent, table } from "../report/table.ts";

type Numbers = Omit<
  ReplayRow,
  "site" | "role" | "estimator" | "unfit" | "lost" | "among" | "sqnrStaticShare"
>;

const numberHeads = ["steps", "static", "steps clipped", "mean error", "p95 error"];

/** A share, with a star if it was computed from printed numbers without bounds; or its bounds: `1.2 to 3.4 %`. */
const shareText = (share: number, bounds: Bounds | undefined, isUnbounded: boolean): string => {
  if (bounds === undefined) return `${percent(share, 1)}${isUnbounded ? " *" : ""}`;
  const [least, most] = bounds.map((bound) => percent(bound, 1));
  return least === most ? `${least}` : `${least?.replace(" %", "")} to ${most}`;
};

const numbers = (row: Numbers): readonly string[] => {
  const { bounds } = row;
  const isUnbounded = row.unbounded !== undefined;
  return [
    String(row.steps),
    percent(row.staticShare, 1),
    shareText(row.clippedSteps, bounds?.clippedSteps, isUnbounded),
    shareText(row.meanError, bounds?.meanError, isUnbounded),
    shareText(row.p95Error, bounds?.p95Error, isUnbounded),
  ];
};

/** Columns computed from histograms; with a count of steps if some rows have histograms at some steps only. */
interface FitColumns {
  readonly heads: readonly string[];
  readonly cells: (row: Numbers) => readonly string[];
}

const fitColumns = (rows: readonly ReplayRow[]): FitColumns => {
  if (rows.every(({ sqnr }) => sqnr === undefined)) return { heads: [], cells: () => [] };
  const isPartial = rows.some(({ steps, sqnrSteps }) => sqnrSteps !== undefined && sqnrSteps < steps);
  const isLossless = rows.some(({ losslessSteps }) => losslessSteps !== undefined);
  const heads = [
    ...(isPartial ? ["SQNR steps"] : []),
    ...(isLossless ? ["lossless"] : []),
    ...["SQNR dB", "clipped"],
  ];
  return {
    heads,
    cells: ({ sqnr, clippedShare, sqnrSteps, losslessSteps = 0 }) =>
      sqnr === undefined || clippedShare === undefined
        ? heads.map(() => "")
        : [
            ...(isPartial ? [String(sqnrSteps)] : []),
            ...(isLossless ? [String(losslessSteps)] : []),
            ...[sqnr.toFixed(1), percent(clippedShare, 3)],
          ],
  };
};

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
      `No SQNR for ${sitesText(at)}: ${why}${why === bitsUnknown ? " (give them with --bits)" : ""}.`,
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

/** Meaning of the columns, below tables and in --help. */
export const columnTexts = (tolerance: number, bits = 8): readonly string[] => [
  `static: share of tensors whose range was known before the tensor. steps clipped: share of tensors that exceed the outermost levels of their grid by more than`,
  `${counted(tolerance, "step")} of the grid (--tolerance; a grid of ${bits} bits if none were recorded); up to half a step beyond, elements are rounded as well as any other.`,
  "error: 1 - intersection / union of the range and the min to max of its tensor, 0 included in both: 0 % if they are equal, 50 % if one is twice as wide as",
  "the other, never above 100 %. p95: 95th percentile of the error over tensors; for several sites together, the largest of theirs.",
];

export const fitColumnTexts = [
  "SQNR and clipped (share of elements) are computed from the recorded histograms, on the levels of the site, rounded to nearest; on levels that are not a",
  "uniform grid, a step is clipped if any of its elements is. SQNR steps: steps with a histogram, if not all have one; both are means over them. lossless: steps",
  "without any loss beyond the rounding of float32: they have no SQNR and are not part of its mean, so compare estimators with equal counts of them.",
];

/** Table of all sites; if a role has several sites, also a table by role; and the meaning of the columns. */
export const studyText = (rows: readonly ReplayRow[], tolerance: number, bits?: number): string => {
  const fits = fitColumns(rows);
  const heads = [...numberHeads, ...fits.heads];
  const cells = (row: Numbers): readonly string[] => [...numbers(row), ...fits.cells(row)];
  const bySite = table(
    ["site", "role", "estimator", ...heads],
    rows.map((row) => [row.site, row.role, row.estimator, ...cells(row)]),
  );
  const roles = byRole(rows);
  const together =
    roles.length === rows.length
      ? []
      : [
          table(
            ["role", "sites", "estimator", ...heads],
            roles.map((row) => [row.role, String(row.sites), row.estimator, ...cells(row)]),
          ),
        ];
  const meaning = [...columnTexts(tolerance, bits), ...(fits.heads.length > 0 ? fitColumnTexts : [])];
  const notes = [
    ...thinned(rows),
    ...bounded(rows),
    ...fresh(rows),
    ...partlyFitted(roles),
    ...unfitted(rows),
  ];
  return [bySite, ...together, [...meaning, ...notes].join("\n")].join("\n\n");
};
