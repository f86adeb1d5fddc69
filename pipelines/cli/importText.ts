/** @file Output of `rangeflow import`: what was read, how precisely it is known, and what was left out. */
import { basename } from "node:path";
import { listed } from "../../core/inWords.ts";
import type { ImportSummary } from "../imports/importStatistics.ts";
import { bytesText } from "../text/numbers.ts";

/** A count with commas between thousands, since files may have millions of rows. */
const countText = (count: number, one: string): string =>
  `${count.toLocaleString("en-US")} ${one}${count === 1 ? "" : "s"}`;

const most = 12;

const knownText: Readonly<Record<keyof ImportSummary["known"], string>> = {
  minMax: "min and max",
  amax: "amax, taken as -amax to amax",
  scale: "a scale, times the largest number of its format",
  histogram: "a histogram, whose outer edges are taken as min and max",
  moments: "mean and standard deviation only, no min and max",
};

const sitesText = ({ sites }: ImportSummary): string =>
  listed(
    Object.entries(sites)
      .filter(([, count]) => count > 0)
      .map(([role, count]) => `${count} ${role}`),
  );

const knownLines = ({ known }: ImportSummary): readonly string[] =>
  (Object.keys(knownText) as (keyof typeof knownText)[])
    .filter((name) => known[name] > 0)
    .map((name) => `  known: ${countText(known[name], "row")} with ${knownText[name]}`);

/** Lines on printed statistics; statistics of one file with the same format share a line. */
const printedLines = ({ printed }: ImportSummary): readonly string[] => {
  const groups = new Map<string, (typeof printed)[number][]>();
  for (const column of printed) {
    const { statistic: _, ...alike } = column;
    const key = JSON.stringify(alike);
    groups.set(key, [...(groups.get(key) ?? []), column]);
  }
  return [...groups.values()].map((columns) => {
    const { file, decimals, hasExponent } = columns[0]!;
    const half = 0.5 / 10 ** decimals;
    return `  precision: ${listed(columns.map(({ statistic }) => statistic))} of ${basename(file)} ${columns.length === 1 ? "is" : "are"} printed with ${countText(decimals, "decimal")}, taken as plus or minus ${half}${hasExponent ? " times the power of ten" : ""} (--precision exact to change that)`;
  });
};

const precisionLines = ({ rounded, lost }: ImportSummary): readonly string[] => [
  ...(rounded > 0 ? [`  precision: ${countText(rounded, "row")} with min and max known to an interval`] : []),
  ...(lost > 0
    ? [`  precision: ${countText(lost, "row")} printed as 0, so that the width of the tensors is unknown`]
    : []),
];

const oddLines = (summary: ImportSummary): readonly string[] => {
  const { coldStarts, nonFinite, empty, histograms, partial, repeatedEqual, repeatedOther } = summary;
  const { repeatedMixed, withoutEnds, leftOut } = summary;
  const line = (count: number, text: string): readonly string[] => (count > 0 ? [`  ${text}`] : []);
  return [
    ...line(
      coldStarts,
      `cold start: ${countText(coldStarts, "row")} with scales from before any tensor was seen`,
    ),
    ...line(nonFinite, `not finite: ${countText(nonFinite, "row")} of tensors with NaN or infinities`),
    ...line(empty, `empty: ${countText(empty, "row")} of tensors with a count of 0, shown to no estimator`),
    ...line(histograms, `histograms: ${countText(histograms, "row")}`),
    ...line(
      partial,
      `merged: ${countText(partial, "row")} without some of the ranks that ${partial === 1 ? "its site has" : "their sites have"} at other steps, whose tensors may be wider`,
    ),
    ...line(repeatedEqual, `repeated: ${countText(repeatedEqual, "value")} given twice and equal`),
    ...line(
      repeatedOther,
      `repeated: ${countText(repeatedOther, "value")} of several for one step, of which one was taken`,
    ),
    ...line(
      repeatedMixed,
      `repeated: ${countText(repeatedMixed, "row")} with min and max given less often than other values of ${repeatedMixed === 1 ? "the tensor" : "the tensors"}, so that they may belong to another one`,
    ),
    ...line(
      withoutEnds,
      `left out: ${countText(withoutEnds, "tensor")} without any statistic of their width`,
    ),
    ...line(leftOut, `left out: ${countText(leftOut, "tensor")} of sites with the role none`),
  ];
};

const unusedLines = ({ unused }: ImportSummary): readonly string[] => {
  const names = Object.entries(unused).map(([name, count]) => `${name} (${count.toLocaleString("en-US")})`);
  if (names.length === 0) return [];
  const more = names.length > most ? [`${names.length - most} more (--json lists all)`] : [];
  return [`  not used: ${listed([...names.slice(0, most), ...more])}`];
};

/** Summary of an import, for the terminal. */
export const importText = (summary: ImportSummary): string => {
  const { dir, files, rows, firstStep, lastStep, sites } = summary;
  const siteCount = Object.values(sites).reduce((sum, count) => sum + count, 0);
  return [
    `${dir}: ${countText(rows, "row")}, ${countText(siteCount, "site")} (${sitesText(summary)}), steps ${firstStep} to ${lastStep}`,
    ...files
      .slice(0, most)
      .map(
        ({ name, format, bytes: size, values }) =>
          `  read: ${name} (${format}, ${bytesText(size)}): ${countText(values, "value")}`,
      ),
    ...(files.length > most ? [`  read: ${countText(files.length - most, "more file")}`] : []),
    ...summary.passedOver.slice(0, most).map((name) => `  not read: ${name}, a separate run`),
    ...(summary.passedOver.length > most
      ? [`  not read: ${countText(summary.passedOver.length - most, "more run")}`]
      : []),
    ...summary.unended
      .slice(0, most)
      .map((name) => `  end: ${name} has no line end or end mark; its last values may be cut or missing`),
    ...summary.epochs
      .slice(0, most)
      .map(
        (name) =>
          `  steps: ${name} has none, so its epochs are taken as steps (--column step=NAME to change that)`,
      ),
    ...knownLines(summary),
    ...printedLines(summary),
    ...precisionLines(summary),
    ...oddLines(summary),
    ...unusedLines(summary),
    ...summary.leftBehind.map(
      (name) => `  left behind: ${name}, half written by an import that was killed; it can be removed`,
    ),
    `rangeflow replay ${dir} --estimator E shows what estimators would have answered`,
  ].join("\n");
};
