/** @file The epochs of a run as spans of buckets, and the sums of columns over a span. */
import type { RunView } from "./runView.ts";

/** Buckets from `from` to `to`, the last one excluded, and how a sentence calls them: `epoch 3`. */
export interface Span {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Fewest buckets that an epoch is told apart with: a bucket at its end may hold steps of the next one. */
const fewest = 4;

/** All buckets of a run. */
export const wholeRun = ({ steps, width }: Pick<RunView, "steps" | "width">): Span => ({
  name: "the run",
  from: 0,
  to: Math.ceil(steps / width),
});

/** The epochs that are done, and what there is of the next one; the whole run where epochs share buckets. */
export const spansOf = (run: Pick<RunView, "steps" | "width" | "epochs">): readonly Span[] => {
  const { epochs, width, steps } = run;
  const ends = epochs.map(({ epoch, steps: end }) => ({
    name: `epoch ${epoch}`,
    // The last bucket of a run holds steps of no other epoch.
    to: end >= steps ? Math.ceil(steps / width) : Math.floor(end / width),
  }));
  const last = epochs.at(-1);
  if (last && last.steps < steps)
    ends.push({ name: `epoch ${last.epoch + 1}`, to: Math.ceil(steps / width) });
  const spans = ends.map(({ name, to }, i) => ({ name, from: ends[i - 1]?.to ?? 0, to }));
  const told = spans.filter(({ from, to }) => to - from >= fewest);
  return told.length === 0 ? [wholeRun(run)] : told;
};

export const sumIn = (column: Float64Array, { from, to }: Span): number =>
  column.subarray(from, to).reduce((all, x) => all + x, 0);

/** The greatest number of a column in a span; NaN where there is none. */
export const greatestIn = (column: Float64Array, { from, to }: Span): number =>
  column.subarray(from, to).reduce((most, x) => (Number.isNaN(most) || x > most ? x : most), Number.NaN);

export const leastIn = (column: Float64Array, { from, to }: Span): number =>
  column.subarray(from, to).reduce((least, x) => (Number.isNaN(least) || x < least ? x : least), Number.NaN);
