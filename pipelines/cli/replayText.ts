/** @file Output of `rangeflow replay`: tables of how well ranges fit, and the meaning of their columns. */
import { counted } from "../../core/inWords.ts";
import type { Rounding } from "../../core/quantizationError.ts";
import { byRole } from "../replay/byRole.ts";
import type { OtherLevels } from "../replay/otherLevels.ts";
import { replayColumns } from "../replay/replayColumns.ts";
import { replayNotes } from "../replay/replayNotes.ts";
import type { ReplayRow } from "../replay/tally.ts";
import { table } from "../text/table.ts";
import { levelsNotes, levelsText } from "./levelsOptions.ts";

/** Meaning of the columns, below tables and in --help. */
export const columnTexts = (tolerance: number, bits?: number): readonly string[] => [
  `static: share of tensors whose range was known before the tensor. steps clipped: share of tensors that exceed the outermost levels of their grid by more than`,
  `${counted(tolerance, "step")} of the grid (--tolerance; ${bits === undefined ? "a grid of 8 bits if none were recorded" : `a grid of ${bits} bits`}); up to half a step beyond, elements are rounded as well as any other.`,
  "error: 1 - intersection / union of the range and the min to max of its tensor, 0 included in both: 0 % if they are equal, 50 % if one is twice as wide as",
  "the other, never above 100 %. p95: 95th percentile of the error over tensors. Rows of a role are means over its sites, each of which counts the same whatever",
  "its size; their p95 is the largest of the sites'.",
];

/** How ranges are evaluated. */
export interface Evaluation {
  readonly tolerance: number;
  readonly rounding: Rounding;
  readonly levels: OtherLevels;
}

const roundingTexts: Readonly<Record<Rounding, string>> = {
  nearest:
    "rounded to nearest (stochastic rounding, as of gradients by default, has a lower SQNR: --rounding stochastic)",
  stochastic:
    "rounded stochastically (--rounding): the mean over the noise, which --sqnr-every measures in a run",
};

export const fitColumnTexts = (rounding: Rounding, levels: OtherLevels): readonly string[] => [
  `SQNR and clipped (share of elements) are computed from the recorded histograms, on ${levelsText(levels)},`,
  `${roundingTexts[rounding]};`,
  "steps without a histogram do not count, so clipped differs from that of a whole run. On levels that are not a",
  "uniform grid, a step is clipped if any of its elements is. SQNR steps: steps with a histogram, if not all have one; both are means over them. lossless: steps",
  "without any loss beyond the rounding of float32: they have no SQNR and are not part of its mean, so compare estimators with equal counts of them.",
];

/** Table of all sites; if a role has several sites, also a table by role; and the meaning of the columns. */
export const studyText = (
  rows: readonly ReplayRow[],
  { tolerance, rounding, levels }: Evaluation,
): string => {
  const { heads, cells } = replayColumns(rows);
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
  const hasFits = rows.some(({ sqnr }) => sqnr !== undefined);
  const meaning = [
    ...columnTexts(tolerance, levels.bits),
    ...(hasFits ? fitColumnTexts(rounding, levels) : []),
  ];
  const notes = [...replayNotes(rows, roles), ...levelsNotes(rows, levels)];
  return [bySite, ...together, [...meaning, ...notes].join("\n")].join("\n\n");
};
