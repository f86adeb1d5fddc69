/** @file The fold from rows of a recording and lines of a log to what a page shows of a run. */
import { type Buckets, buckets } from "./buckets.ts";
import { learningFolds, type RunView, type SiteHistogram, type SiteView, siteFolds } from "./runView.ts";

/** What a site is, as its first row tells. */
export type SiteFactsView = Pick<SiteView, "site" | "role" | "estimator" | "bits" | "scheme" | "projection">;

/** The numbers of one row of a recording. */
export interface SiteRow {
  readonly step: number;
  readonly observed: boolean;
  readonly min: number;
  readonly max: number;
  readonly lo: number;
  readonly hi: number;
  readonly count: number;
  readonly nonFinite: number;
  readonly clipped: number;
  readonly bytesMoved: number;
  readonly bytesSaved: number;
  readonly isStatic: boolean;
}

/** A site while its rows come. */
export interface SiteFold {
  readonly add: (row: SiteRow) => void;
  readonly addSqnr: (step: number, sqnr: number) => void;
  readonly addHistogram: (histogram: SiteHistogram) => void;
}

interface OpenSite {
  readonly facts: SiteFactsView;
  readonly buckets: Buckets<typeof siteFolds>;
  histograms: SiteHistogram[];
  readonly fold: SiteFold;
}

export interface RunFold {
  /** The site of this path; its facts are asked for the first time only. */
  readonly site: (path: string, facts: () => SiteFactsView) => SiteFold;
  /** Whether rows of this site have come. */
  readonly has: (path: string) => boolean;
  readonly addStep: (step: {
    readonly step: number;
    readonly loss: number;
    readonly learningRate: number;
  }) => void;
  readonly view: () => Pick<RunView, "steps" | "width" | "learning" | "sites">;
}

const none = { least: Number.NaN, greatest: Number.NaN } as const;

/** A row that adds nothing, for what comes beside the rows of a recording. */
const silent = Object.fromEntries(
  Object.entries(siteFolds).map(([name, fold]) => [name, fold === "sum" ? 0 : none.least]),
) as Readonly<Record<keyof typeof siteFolds, number>>;

/** Span of an interval and 0, which every grid has. */
const span = (lo: number, hi: number): number => Math.max(hi, 0) - Math.min(lo, 0);

/** log2 of how many times the span of the tensor its range spans; NaN where one of them has none. */
const fitOf = ({ observed, min, max, lo, hi }: SiteRow): number => {
  if (!observed) return Number.NaN;
  const [tensor, range] = [span(min, max), span(lo, hi)];
  return tensor > 0 && range > 0 ? Math.log2(range / tensor) : Number.NaN;
};

const rowOf = (row: SiteRow) => {
  const { observed, min, max, lo, hi, count, clipped } = row;
  const fit = fitOf(row);
  const hasFit = !Number.isNaN(fit);
  return {
    ...silent,
    rows: 1,
    statics: row.isStatic ? 1 : 0,
    faults: observed ? 0 : 1,
    min: observed ? min : Number.NaN,
    max: observed ? max : Number.NaN,
    ...{ loLeast: lo, loGreatest: lo, hiLeast: hi, hiGreatest: hi },
    ...{ fitSum: hasFit ? fit : 0, fitLeast: fit, fitGreatest: fit, fitted: hasFit ? 1 : 0 },
    ...{ clipped, elements: count, clippedWorst: count > 0 ? clipped / count : Number.NaN },
    nonFinite: row.nonFinite,
    bytesMoved: row.bytesMoved,
    bytesSaved: row.bytesSaved,
  };
};

/**
 * An empty fold.
 *
 * @param most buckets there are, an even number: memory and pages grow with sites times buckets
 */
export const runFold = (most: number): RunFold => {
  const sites = new Map<string, OpenSite>();
  const learning = buckets(learningFolds, most);
  let width = 1;
  let steps = 0;

  /** The bucket of a step; makes the buckets wider until there is one. */
  const bucketOf = (step: number): number => {
    while (step >= width * most) {
      width *= 2;
      learning.halve();
      for (const site of sites.values()) {
        site.buckets.halve();
        site.histograms = onePerBucket(site.histograms);
      }
    }
    steps = Math.max(steps, step + 1);
    return Math.floor(step / width);
  };

  const onePerBucket = (histograms: readonly SiteHistogram[]): SiteHistogram[] =>
    histograms.filter(
      ({ step }, i) => i === 0 || Math.floor(step / width) !== Math.floor(histograms[i - 1]!.step / width),
    );

  const opened = (facts: SiteFactsView): OpenSite => {
    const columns = buckets(siteFolds, most);
    const site: OpenSite = {
      facts,
      buckets: columns,
      histograms: [],
      fold: {
        add: (row) => columns.add(bucketOf(row.step), rowOf(row)),
        addSqnr: (step, sqnr) =>
          columns.add(bucketOf(step), {
            ...silent,
            ...{ sqnrLeast: sqnr, sqnrGreatest: sqnr, sqnrSum: sqnr, sqnrs: 1 },
          }),
        addHistogram: (histogram) => {
          bucketOf(histogram.step);
          site.histograms = onePerBucket([...site.histograms, histogram]);
        },
      },
    };
    return site;
  };

  return {
    site: (path, facts) => {
      const known = sites.get(path) ?? opened(facts());
      sites.set(path, known);
      return known.fold;
    },
    has: (path) => sites.has(path),
    addStep: ({ step, loss, learningRate }) => {
      const finite = Number.isFinite(loss);
      learning.add(bucketOf(step), {
        steps: 1,
        lossLeast: loss,
        lossGreatest: loss,
        lossSum: finite ? loss : 0,
        finite: finite ? 1 : 0,
        learningRate,
      });
    },
    view: () => {
      const used = Math.ceil(steps / width);
      return {
        steps,
        width,
        learning: learning.columns(0, used),
        sites: [...sites.values()].map(({ facts, buckets, histograms }) => ({
          ...facts,
          columns: buckets.columns(0, used),
          histograms,
        })),
      };
    },
  };
};
