/** @file Tables of how the ranges of a run and of other estimators fitted: at one site, and by role. */
import { byRole } from "../replay/byRole.ts";
import { replayColumns } from "../replay/replayColumns.ts";
import { replayNotes } from "../replay/replayNotes.ts";
import type { RunView } from "../views/runView.ts";
import { element, table } from "./element.ts";

const meaning =
  "Static: share of tensors whose range was known before the tensor. Error: share of the interval of range and tensor together that one of them takes alone; p95: 95 % of the tensors do not exceed it. SQNR and clipped elements: of tensors with recorded histograms, rounded to nearest; a tensor without loss has no SQNR and is not part of its mean.";

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

const paragraphs =
  (kind: string) =>
  (texts: readonly string[]): readonly HTMLElement[] =>
    texts.map((text) => element("p", { class: kind }, text));
const about = paragraphs("about");
const missing = paragraphs("missing");

/** Replay results at one site; empty if there are none. */
export const replayedAt = (run: RunView, site: string): readonly HTMLElement[] => {
  const rows = (run.replayed ?? []).filter((row) => row.site === site);
  if (rows.length === 0) return [];
  const { heads, cells } = replayColumns(rows);
  return [
    element("h3", {}, "What others would have answered"),
    wide(
      table(
        ["estimator", ...heads],
        rows.map((row) => [row.estimator, ...cells(row)]),
      ),
    ),
    ...about([meaning, ...replayNotes(rows, [])]),
    ...missing(failureTexts(run, site)),
  ];
};

/** Replay results of all sites, by role; empty if there are none. */
export const replayedByRole = (run: RunView): readonly HTMLElement[] => {
  if (run.replayed === undefined) return [];
  const roles = byRole(run.replayed).toSorted((a, b) => a.role.localeCompare(b.role));
  const { heads, cells } = replayColumns(roles);
  return [
    element("h3", {}, "What others would have answered, by role"),
    wide(
      table(
        ["role", "estimator", ...heads],
        roles.map((row) => [row.role, row.estimator, ...cells(row)]),
      ),
    ),
    ...about([`Means over the sites. ${meaning}`, ...replayNotes(run.replayed, roles)]),
    ...missing(failureTexts(run)),
  ];
};
