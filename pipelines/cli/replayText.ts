/** @file What `rangeflow replay` prints: tables of how ranges fitted, and what their columns mean. */
import { byRole } from "../replay/byRole.ts";
import type { Bounds, ReplayRow } from "../replay/tally.ts";
import { percent, table } from "../report/table.ts";

type Numbers = Omit<ReplayRow, "site" | "role" | "estimator" | "unfit" | "lost">;

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

const fit = ({ sqnr, clippedShare }: Numbers): readonly string[] =>
  sqnr === undefined || clippedShare === undefined ? ["", ""] : [sqnr.toFixed(1), percent(clippedShare, 3)];

/** What holds of some sites, said once: the text, and where. */
const gathered = (of: readonly (readonly [site: string, text: string | undefined])[]) => {
  const sites = new Map<string, Set<string>>();
  for (const [site, text] of of)
    if (text !== undefined) sites.set(text, (sites.get(text) ?? new Set()).add(site));
  return [...sites].map(([text, at]) => [text, [...at].join(", ")] as const);
};

/** Reasons why some sites have no signal-to-noise ratio although histograms were recorded. */
const unfitted = (rows: readonly ReplayRow[]): readonly string[] =>
  gathered(rows.map(({ site, unfit }) => [site, unfit])).map(([why, at]) => `No SQNR of ${at}: ${why}.`);

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
      ([why, of]) => `*: of what was printed; bounds of ${of} are not known, since ${why}.`,
    ),
  ];
};

/** Meaning of the columns, for the end of a table and for --help. */
export const columnTexts = (tolerance: number, bits = 8): readonly string[] => [
  `static: share of tensors whose range was known before them. steps clipped: share of tensors that reach beyond the outer levels of their grid by more than`,
  `${tolerance} ${tolerance === 1 ? "step" : "steps"} of it (--tolerance; a grid of ${bits} bits where a recording does not tell); up to half a step beyond, elements are rounded as well as any other.`,
  "error: 1 - intersection / union of the range and its own tensor, 0 included in both: 0 % where they are the same, 50 % where one is twice as wide as the",
  "other, never above 100 %. p95: 95 % of the tensors have at most this one; of several sites together it is the greatest.",
];

export const fitColumnTexts = [
  "SQNR and clipped (share of elements) are computed from the recorded histograms, on the levels of the site, rounded to nearest; on levels that are no",
  "uniform grid a step is clipped if any of its elements is.",
];

/** Table of each site, and where there are several of a role, of each role together. */
export const studyText = (rows: readonly ReplayRow[], tolerance: number, bits?: number): string => {
  const hasFits = rows.some(({ sqnr }) => sqnr !== undefined);
  const heads = hasFits ? [...numberHeads, "SQNR dB", "clipped"] : numberHeads;
  const cells = (row: Numbers): readonly string[] => [...numbers(row), ...(hasFits ? fit(row) : [])];
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
  const meaning = [...columnTexts(tolerance, bits), ...(hasFits ? fitColumnTexts : [])];
  return [bySite, ...together, [...meaning, ...bounded(rows), ...unfitted(rows)].join("\n")].join("\n\n");
};
