/** @file What `rangeflow replay` prints: tables of how ranges fitted, and what their columns mean. */
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

/** A share, with a star where it is that of what was printed; or its bounds: `1.2 to 3.4 %`. */
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

/** Columns of what histograms tell, and whether one says of how many steps, since of some rows it is not all. */
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

/** What holds of some sites or estimators, said once: the text, and of which. */
const gathered = (of: readonly (readonly [name: string, text: string | undefined])[]) => {
  const names = new Map<string, Set<string>>();
  for (const [name, text] of of)
    if (text !== undefined) names.set(text, (names.get(text) ?? new Set()).add(name));
  return [...names].map(([text, at]) => [text, [...at]] as const);
};

/** Sites by name, or how many of them there are. */
const sitesText = (sites: readonly string[]): string =>
  sites.length > 8 ? `${sites.length} sites` : sites.join(", ");

/** Reasons why some sites have no signal-to-noise ratio although histograms were recorded. */
const unfitted = (rows: readonly ReplayRow[]): readonly string[] =>
  gathered(rows.map(({ site, unfit }) => [site, unfit])).map(
    ([why, at]) => `No SQNR of ${sitesText(at)}: ${why}${why === bitsUnknown ? " (--bits says them)" : ""}.`,
  );

/** Estimators that were shown only tensors with histograms. */
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
      `${of.join(", ")}: asked for histograms, so shown only the ${counts} tensors that have one, as if the others had not been.`,
  );
};

/** Whose ratios are of tensors that it has looked at first, although most of its ranges were there before their tensors. */
const fresh = (rows: readonly ReplayRow[]): readonly string[] =>
  gathered(
    rows.map(({ estimator, staticShare, sqnrStaticShare = 1 }) => [
      estimator,
      staticShare > 0.5 && sqnrStaticShare < 0.5 ? "" : undefined,
    ]),
  ).map(
    ([, of]) =>
      `${of.join(", ")}: SQNR and clipped are mostly of tensors that were looked at first; where a range was there before its tensor they may be worse.`,
  );

/** Roles of which not every site has a signal-to-noise ratio. */
const partlyFitted = (roles: readonly RoleRow[]): readonly string[] =>
  gathered(
    roles.map(({ role, sites, sqnrSites }) => [
      role,
      sqnrSites === undefined || sqnrSites === sites ? undefined : `${sqnrSites} of ${sites} sites`,
    ]),
  ).map(([counts, of]) => `SQNR and clipped of role ${of.join(", ")}: means over ${counts}.`);

/** Meaning of bounds, and why some numbers have none. */
const bounded = (rows: readonly ReplayRow[]): readonly string[] => {
  const hasBounds = rows.some(({ bounds }) => bounds && bounds.meanError[0] !== bounds.meanError[1]);
  return [
    ...(hasBounds
      ? [
          "a to b: bounds that hold for every tensor that prints as these did; a printed 0 is taken for no exact one.",
        ]
      : []),
    ...gathered(rows.map(({ estimator, unbounded }) => [estimator, unbounded])).map(
      ([why, of]) => `*: of what was printed; bounds of ${of.join(", ")} are not known, since ${why}.`,
    ),
  ];
};

/** Meaning of the columns, for the end of a table and for --help. */
export const columnTexts = (tolerance: number, bits = 8): readonly string[] => [
  `static: share of tensors whose range was known before them. steps clipped: share of tensors that reach beyond the outer levels of their grid by more than`,
  `${counted(tolerance, "step")} of it (--tolerance; a grid of ${bits} bits where a recording does not tell); up to half a step beyond, elements are rounded as well as any other.`,
  "error: 1 - intersection / union of the range and its own tensor, 0 included in both: 0 % where they are the same, 50 % where one is twice as wide as the",
  "other, never above 100 %. p95: 95 % of the tensors have at most this one; of several sites together it is the greatest.",
];

export const fitColumnTexts = [
  "SQNR and clipped (share of elements) are computed from the recorded histograms, on the levels of the site, rounded to nearest; on levels that are no",
  "uniform grid a step is clipped if any of its elements is. SQNR steps: those with a histogram, where these are not all; both are means over them. lossless: those at",
  "which nothing was lost, beyond what float32 rounds: they have no SQNR and are no part of its mean, so compare estimators that have as many.",
];

/** Table of each site, and where there are several of a role, of each role together. */
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
