/** @file Tables of the numbers in the charts of a site. */
import { exactText, numberText } from "../charts/chart.ts";
import { clippedPoints } from "../charts/clippedShare.ts";
import { othersAt } from "../charts/others.ts";
import { siteBuckets } from "../charts/siteChart.ts";
import { heatCells } from "../charts/siteHistogram.ts";
import { sqnrPoints } from "../charts/siteSqnr.ts";
import type { RunView, SiteView } from "../views/runView.ts";
import { table } from "./element.ts";
import { chartOptions, type Place } from "./look.ts";

const stepsOf = ({ width, steps }: RunView, bucket: number): readonly [string, string] => [
  String(bucket * width),
  String(Math.min(steps, (bucket + 1) * width) - 1),
];

const stepHeads = ["from step", "to"];

export const rangesTable = (place: Place, site: SiteView): HTMLTableElement => {
  const { run } = place;
  const { columns: c } = site;
  const others = othersAt(run, site.site);
  const number = (x: number): string => (Number.isNaN(x) ? "" : exactText(x));
  return table(
    [
      ...stepHeads,
      ...["observed min", "max", "lower end, least", "greatest", "upper end, least", "greatest"],
      ...["static", "of", "not observed"],
      ...others.flatMap(({ estimator }) => [`${estimator}: lower end, least`, "upper end, greatest"]),
    ],
    siteBuckets(run, site, chartOptions(place)).map((i) => [
      ...stepsOf(run, i),
      ...[c.min, c.max, c.loLeast, c.loGreatest, c.hiLeast, c.hiGreatest].map((column) => number(column[i]!)),
      ...[c.statics, c.rows, c.faults].map((column) => String(column[i])),
      ...others.flatMap(({ columns }) => [number(columns.loLeast[i]!), number(columns.hiGreatest[i]!)]),
    ]),
  );
};

export const clippedTable = (place: Place, site: SiteView): HTMLTableElement =>
  table(
    [...stepHeads, "clipped %", "worst tensor %", "elements clipped", "of"],
    clippedPoints(place.run, site, chartOptions(place)).map(({ bucket, mean, worst }) => [
      ...stepsOf(place.run, bucket),
      numberText(mean),
      numberText(worst),
      String(site.columns.clipped[bucket]),
      String(site.columns.elements[bucket]),
    ]),
  );

export const sqnrTable = (place: Place, site: SiteView): HTMLTableElement =>
  table(
    [...stepHeads, "mean dB", "least", "greatest", "tensors in the mean"],
    sqnrPoints(place.run, site, chartOptions(place)).map(({ bucket, mean, least, greatest }) => [
      ...stepsOf(place.run, bucket),
      ...[mean, least, greatest].map(exactText),
      String(site.columns.sqnrs[bucket]),
    ]),
  );

export const histogramTable = (
  place: Place,
  site: SiteView,
  axis: "linear" | "signed log",
): HTMLTableElement =>
  table(
    ["steps", "from", "to", "share %"],
    heatCells(place.run, site, { ...chartOptions(place), axis }).map(({ text, from, to, share }) => [
      text.split("\n")[0]!,
      exactText(from),
      exactText(to),
      numberText(100 * share),
    ]),
  );
