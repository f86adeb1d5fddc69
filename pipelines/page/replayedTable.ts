/** @file Tables of how the ranges of a run and of other estimators fitted: at one site, and by role. */
import { numberText } from "../charts/chart.ts";
import { byRole } from "../replay/byRole.ts";
import type { Bounds, ReplayRow } from "../replay/tally.ts";
import type { RunView } from "../views/runView.ts";
import { element, table } from "./element.ts";

/** A number with four digits. */
const short = (x: number): string => numberText(Number(x.toPrecision(4)));
const inPercent = (share: number): string => short(100 * share);

type Numbers = Omit<ReplayRow, "site" | "role" | "estimator" | "unfit" | "lost" | "among"> &
  Partial<Pick<ReplayRow, "among">>;

const heads = [
  ...["tensors", "static %", "steps clipped %", "mean error %", "p95 error %", "SQNR dB", "clipped %"],
];

/** A share, or its bounds for tensors that were printed with a few digits. */
const shareText = (share: number, bounds: Bounds | undefined): string => {
  const [least, most] = (bounds ?? [share, share]).map(inPercent);
  return least === most ? `${least}` : `${least} to ${most}`;
};

const cells = (row: Numbers): readonly string[] => [
  row.among === undefined ? `${row.steps}` : `${row.steps} of ${row.among}`,
  inPercent(row.staticShare),
  shareText(row.clippedSteps, row.bounds?.clippedSteps),
  shareText(row.meanError, row.bounds?.meanError),
  shareText(row.p95Error, row.bounds?.p95Error),
  row.sqnr === undefined ? "" : short(row.sqnr),
  row.clippedShare === undefined ? "" : inPercent(row.clippedShare),
];

const meaning =
  "Error: share of the interval of range and tensor together that one of them takes alone; p95: 95 % of the tensors do not exceed it. SQNR and clipped elements: of tensors with recorded histograms, rounded to nearest. An estimator that asks for histograms is shown only the tensors that have one, as if the others had not been.";

/** Messages about estimators that could not be replayed, each once, with the number of sites. */
const failureTexts = ({ counterfactuals }: RunView, site?: string): readonly string[] => {
  const failed = counterfactuals.filter(
    (one) => one.failure !== undefined && (site === undefined || one.site === site),
  );
  const names = [...new Set(failed.map(({ estimator }) => estimator))];
  return names.map((name) => {
    const those = failed.filter(({ estimator }) => estimator === name);
    const more = those.length > 1 ? ` So it went at ${those.length} sites.` : "";
    return `${name} could not be replayed to the end. ${those[0]!.failure}${more}`;
  });
};

/** A table whose cells do not wrap. It scrolls if it is too wide. */
const wide = (made: HTMLTableElement): HTMLElement => element("div", { class: "wide" }, made);

const sentences = (texts: readonly string[]): readonly HTMLElement[] =>
  texts.map((text) => element("p", { class: "missing" }, text));

/** Replay results at one site; empty if there are none. */
export const replayedAt = (run: RunView, site: string): readonly HTMLElement[] => {
  const rows = (run.replayed ?? []).filter((row) => row.site === site);
  return rows.length === 0
    ? []
    : [
        element("h3", {}, "What others would have answered"),
        wide(
          table(
            ["estimator", ...heads],
            rows.map((row) => [row.estimator, ...cells(row)]),
          ),
        ),
        element("p", { class: "about" }, meaning),
        ...sentences(failureTexts(run, site)),
      ];
};

/** Replay results of all sites, by role; empty if there are none. */
export const replayedByRole = (run: RunView): readonly HTMLElement[] =>
  run.replayed === undefined
    ? []
    : [
        element("h3", {}, "What others would have answered, by role"),
        wide(
          table(
            ["role", "estimator", ...heads],
            byRole(run.replayed)
              .toSorted((a, b) => a.role.localeCompare(b.role))
              .map((row) => [row.role, row.estimator, ...cells(row)]),
          ),
        ),
        element("p", { class: "about" }, `Means over the sites. ${meaning}`),
        ...sentences(failureTexts(run)),
      ];
