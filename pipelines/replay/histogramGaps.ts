/** @file Estimators that need histograms, at sites where only some tensors have one, because the run recorded them every N steps. */
import { histogramOfEach } from "../../core/measure.ts";
import { missingIn } from "../../core/notRecorded.ts";
import type { RangeSeen } from "../../core/signal.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { type Replay, replayAnswers } from "./replayAnswers.ts";

/** Number of tensors of a site, if an estimator can only be shown those with a histogram. */
export type HistogramGaps = (site: string, estimator: string) => number | undefined;

/** Statistics that estimators are shown of a site. At sites with gaps only tensors with a histogram. */
export const seenBeside =
  (gaps: HistogramGaps): NonNullable<Replay["sees"]> =>
  ({ site }, estimator) =>
    gaps(site, estimator) === undefined ? undefined : ({ histogram }) => histogram !== undefined;

const none: HistogramGaps = () => undefined;

/** Whether rows can be iterated only once, like those of a generator. */
export const isOnce = (rows: Iterable<RangeSeen>): boolean =>
  rows === (rows[Symbol.iterator]() as Iterable<RangeSeen> | Iterator<RangeSeen>);

/** Sites where some of the shown tensors have a histogram and others have none, with the number of all tensors. */
const partlyRecorded = (
  rows: Iterable<RangeSeen>,
  keep: (site: string) => boolean,
): ReadonlyMap<string, number> => {
  const counts = new Map<string, { all: number; histograms: number }>();
  for (const { site, verdict, histogram } of rows) {
    if (verdict !== "observed") continue;
    const counted = counts.get(site) ?? { all: 0, histograms: 0 };
    counts.set(site, counted);
    counted.all++;
    if (histogram !== undefined) counted.histograms++;
  }
  return new Map(
    [...counts].flatMap(([site, { all, histograms }]) =>
      keep(site) && histograms > 0 && histograms < all ? [[site, all] as const] : [],
    ),
  );
};

/**
 * Finds estimators that need histograms at sites with gaps, by replaying those that measure tensors.
 *
 * @param rows read up to twice; nothing is found if they can be read only once
 */
export const histogramGaps = async (
  rows: Iterable<RangeSeen>,
  estimators: readonly NamedEstimator[],
  { keep, patience }: Pick<Replay, "keep" | "patience">,
): Promise<HistogramGaps> => {
  const measuring = estimators.filter(({ estimator }) => estimator.measures !== undefined);
  if (measuring.length === 0 || isOnce(rows)) return none;
  const partly = partlyRecorded(rows, keep);
  if (partly.size === 0) return none;
  const found = new Map<string, Set<string>>();
  await replayAnswers(rows, {
    estimators: measuring,
    keep: (site) => partly.has(site),
    open: () => () => {},
    failed: (site, estimator, failure) => {
      if (missingIn(failure.cause) === histogramOfEach)
        found.set(site, (found.get(site) ?? new Set()).add(estimator));
    },
    ...(patience && { patience }),
  });
  return (site, estimator) => (found.get(site)?.has(estimator) ? partly.get(site) : undefined);
};
