/** @file Facts about the sites of an imported recording that a replay depends on, gathered once from the columns. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Known } from "../../core/foreignStat.ts";
import type { RangeSeen, Role } from "../../core/signal.ts";
import { bitAt } from "../files/bits.ts";
import type { StatColumns } from "../files/statColumns.ts";

/** What was recorded of one site. */
export interface RecordedSite {
  readonly site: string;
  readonly role: Role;
  /** Statistics that an estimator can be shown: observed, with known min and max, and not of a cold start unless these are kept. */
  readonly rows: number;
  /** Rows of a cold start. */
  readonly coldStarts: number;
  /** Rows without min and max, against which no range can be evaluated. */
  readonly withoutEnds: number;
  /** Rows whose min or max was printed with a few digits. */
  readonly printed: number;
  /** Rows that do not state the bit width of their site. */
  readonly gridless: number;
  /** Rows with a histogram. */
  readonly histograms: number;
  /** Kinds of recorded statistics, in order of appearance. */
  readonly known: readonly Known[];
}

/** A site while its rows are counted. */
type Counting = { -readonly [K in keyof RecordedSite]: RecordedSite[K] };

const started = (site: string, role: Role): Counting => ({
  ...{ site, role, rows: 0, coldStarts: 0, withoutEnds: 0, printed: 0 },
  ...{ gridless: 0, histograms: 0, known: [] },
});

/**
 * The sites of an imported recording.
 *
 * @param keepsColdStarts whether rows of a cold start count as statistics
 * @throws `RangeflowFailure` for a site with several roles
 */
export const recordedSites = (
  batches: Iterable<StatColumns>,
  keepsColdStarts: boolean,
): ReadonlyMap<string, RecordedSite> => {
  const sites = new Map<string, Counting>();
  const count = (columns: StatColumns, foreign: NonNullable<StatColumns["foreign"]>, i: number): void => {
    const path = columns.site.texts[columns.site.index[i]!]!;
    let site = sites.get(path);
    const role = columns.role.texts[columns.role.index[i]!]!;
    if (site === undefined) {
      site = started(path, role);
      sites.set(path, site);
    }
    if (site.role !== role)
      throw new RangeflowFailure(
        problem(path, `rows of roles ${site.role} and ${role}`, "one role for a site"),
      );
    if (columns.verdict.texts[columns.verdict.index[i]!] !== "observed") return;
    const isCold = bitAt(foreign.coldStart, i) === 1;
    if (isCold) site.coldStarts++;
    if (isCold && !keepsColdStarts) return;
    const known = foreign.known.texts[foreign.known.index[i]!]!;
    if (!site.known.includes(known)) site.known = [...site.known, known];
    const { offsets } = columns.histogramValues;
    const hasHistogram = offsets[i] !== offsets[i + 1];
    const [min, max] = [columns.min[i]!, columns.max[i]!];
    if (!hasHistogram && (Number.isNaN(min) || Number.isNaN(max))) {
      site.withoutEnds++;
      return;
    }
    site.rows++;
    if (hasHistogram) site.histograms++;
    if (columns.bits[i] === 0) site.gridless++;
    if (foreign.minError[i]! > 0 || foreign.maxError[i]! > 0) site.printed++;
  };
  for (const columns of batches) {
    const { foreign } = columns;
    for (let i = 0; foreign && i < columns.rows; i++) count(columns, foreign, i);
  }
  return sites;
};

/**
 * Whether estimators are shown a row: every row of a Rangeflow recording, and those of an imported one that `rows` of its site counts.
 *
 * @throws `RangeflowFailure` for a min and max that no tensor can have
 */
export const isShown = (
  { site, step, verdict, stat: { min, max }, foreign }: RangeSeen,
  keepsColdStarts: boolean,
): boolean => {
  if (foreign === undefined) return true;
  if (Number.isNaN(min) || Number.isNaN(max)) return false;
  if (verdict === "observed" && !(min <= max && Number.isFinite(min) && Number.isFinite(max)))
    throw new RangeflowFailure(
      problem(
        `${site}, step ${step}`,
        `min ${min} and max ${max} of an observed tensor`,
        "finite bounds with min <= max",
        "a tensor that holds other numbers has the verdict nonFinite",
      ),
    );
  return keepsColdStarts || !foreign.coldStart;
};

const knownTexts: Readonly<Record<Known, string>> = {
  minMax: "min and max",
  amax: "largest magnitudes",
  scale: "scales",
  histogram: "histograms",
  moments: "means and standard deviations",
};

/** Short text about what was recorded of a site. */
export const recordedText = ({ known, histograms, rows }: RecordedSite): string => {
  const texts = known.filter((one) => one !== "histogram" || histograms === 0).map((one) => knownTexts[one]);
  const counted =
    histograms === 0 ? [] : [`histograms${histograms < rows ? ` at ${histograms} of ${rows} steps` : ""}`];
  return [...texts, ...counted].join(", ");
};
