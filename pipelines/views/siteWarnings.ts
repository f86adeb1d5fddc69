/** @file Warnings about single sites: clipping, ranges that are too wide, tensors that could not be observed, noise. */

import { shareText, shortText } from "../text/numbers.ts";
import type { RunView, SiteView } from "./runView.ts";
import { greatestIn, leastIn, type Span, spansOf, sumIn, wholeRun } from "./spans.ts";

/** A warning, and the address of the part of the page that shows its subject. */
export interface Warning {
  readonly text: string;
  readonly href: string;
}

/** A problem at a site. A larger `size` is worse. */
interface Finding {
  readonly site: string;
  readonly size: number;
  readonly text: string;
}

/** Address of the charts of a site. */
export const siteAddress = (site: string): string => `#site=${encodeURIComponent(site)}`;

/** Number of sites with warnings of their own. If there are more, one warning covers all. */
const mostApart = 3;

/**
 * Share of clipped elements in an epoch that causes a warning. The range with the least squared error clips 0.01 % of a Gaussian with 8
 * bits, 1 % with 4, 3 % with 3 and 9 % with 2 (Banner et al. 2019, arXiv:1810.05723, section 3) and never causes one.
 */
const mostClipped = (bits: number): number => (bits === 0 || bits > 4 ? 0.01 : bits > 2 ? 0.05 : 0.2);

/** Mean log2 of range over tensor in an epoch at which two bits are wasted. */
const mostWide = 2;

/** Ratio in dB below which noise is a third of the signal or more. Two bits do not reach it. */
const leastSqnr = (bits: number): number => (bits > 0 && bits < 3 ? 5 : 10);

/** Factor by which the span of a site's tensors may change while a constant range causes no warning. */
const mostStill = 4;

/** The span of buckets in which a number exceeds its limit most. */
const worst = (
  spans: readonly Span[],
  of: (span: Span) => number,
  limit: number,
): { readonly span: Span; readonly value: number; readonly others: string } | undefined => {
  const over = spans.map((span) => ({ span, value: of(span) })).filter(({ value }) => value > limit);
  const [first] = [...over].sort((a, b) => b.value - a.value);
  if (first === undefined) return undefined;
  const which = over.length === spans.length ? `all ${over.length}` : `${over.length} of ${spans.length}`;
  return { ...first, others: over.length === 1 ? "" : `, and too much in ${which} epochs` };
};

const clipping = (spans: readonly Span[], { site, bits, columns: c }: SiteView): readonly Finding[] => {
  const found = worst(spans, (span) => sumIn(c.clipped, span) / sumIn(c.elements, span), mostClipped(bits));
  if (found === undefined) return [];
  const { span, value, others } = found;
  const steps = shareText(sumIn(c.clippedTensors, span) / sumIn(c.rows, span));
  const most = shareText(greatestIn(c.clippedWorst, span));
  return [
    {
      site,
      size: value,
      text: `was clipped in ${steps} of the steps of ${span.name}: ${shareText(value)} of its elements, up to ${most} of a tensor${others}`,
    },
  ];
};

const wasted = (bits: number, value: number): string =>
  value >= bits
    ? `more than its ${bits} bits can tell apart`
    : `${shortText(value)} of its ${bits} bits were idle`;

const width = (spans: readonly Span[], { site, bits, columns: c }: SiteView): readonly Finding[] => {
  const found = worst(spans, (span) => sumIn(c.fitSum, span) / sumIn(c.fitted, span), mostWide);
  if (found === undefined) return [];
  const { span, value, others } = found;
  const idle = bits > 0 ? ` (${wasted(bits, value)})` : "";
  return [
    {
      site,
      size: value,
      text: `had ranges ${shortText(2 ** value)} times as wide as its tensors in ${span.name}${idle}${others}`,
    },
  ];
};

/** First step of the first bucket in which a column is not 0. */
const firstIn = (run: RunView, column: Float64Array): number => column.findIndex((x) => x > 0) * run.width;

const faults = (run: RunView, { site, columns: c }: SiteView): readonly Finding[] => {
  const all = wholeRun(run);
  const count = sumIn(c.faults, all);
  if (count === 0) return [];
  const kind =
    sumIn(c.nonFinite, all) > 0 ? "held NaN or infinity, or were zero or empty" : "were zero or empty";
  return [
    {
      site,
      size: count,
      text: `had ${count} of ${sumIn(c.rows, all)} tensors that ${kind}, from step ${firstIn(run, c.faults)} on; they were quantized with the last range`,
    },
  ];
};

const noise = (spans: readonly Span[], { site, bits, columns: c }: SiteView): readonly Finding[] => {
  const limit = leastSqnr(bits);
  const last = spans.at(-1)!;
  const ratio = sumIn(c.sqnrSum, last) / sumIn(c.sqnrs, last);
  return ratio < limit
    ? [
        {
          site,
          size: -ratio,
          text: `had a signal-to-noise ratio of ${shortText(ratio)} dB in ${last.name}, below ${limit}`,
        },
      ]
    : [];
};

const stillness = (run: RunView, { site, columns: c }: SiteView): readonly Finding[] => {
  const all = wholeRun(run);
  const isStill =
    leastIn(c.loLeast, all) === greatestIn(c.loGreatest, all) &&
    leastIn(c.hiLeast, all) === greatestIn(c.hiGreatest, all);
  const spans = c.max.map((max, i) => Math.max(max, 0) - Math.min(c.min[i]!, 0)).filter((x) => x > 0);
  const factor = greatestIn(spans, all) / leastIn(spans, all);
  return isStill && factor > mostStill
    ? [
        {
          site,
          size: factor,
          text: `has kept one range for all steps, while the span of its tensors changed ${shortText(factor)} times`,
        },
      ]
    : [];
};

/** One warning for each of a few findings, or one for all if there are more. */
const told = (findings: readonly Finding[]): readonly Warning[] => {
  const sorted = [...findings].sort((a, b) => b.size - a.size);
  const [first, ...others] = sorted;
  if (first === undefined) return [];
  if (sorted.length <= mostApart)
    return sorted.map(({ site, text }) => ({ text: `${site} ${text}.`, href: siteAddress(site) }));
  const named = others.slice(0, mostApart - 1).map(({ site }) => site);
  const more = others.length - named.length;
  return [
    {
      text: `${first.site} ${first.text}; it is much the same with ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}.`,
      href: siteAddress(first.site),
    },
  ];
};

/** Warnings about the sites of a run, most severe first. */
export const siteWarnings = (run: RunView): readonly Warning[] => {
  const spans = spansOf(run);
  const at = (find: (site: SiteView) => readonly Finding[]): readonly Finding[] => run.sites.flatMap(find);
  return [
    ...told(at((site) => faults(run, site))),
    ...told(at((site) => clipping(spans, site))),
    ...told(at((site) => noise(spans, site))),
    ...told(at((site) => width(spans, site))),
    ...told(at((site) => stillness(run, site))),
  ];
};
