/** @file Epochs of a run as spans of buckets, and sums of columns over a span. */
import type { RunView } from "./runView.ts";

/** Buckets from `from` to `to`, the last one excluded, and the name of the span: `epoch 3`. */
export interface Span {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Least number of buckets per epoch that separates epochs. A bucket at the end of one may contain steps of the next. */
const fewest = 4;

/** All buckets of a run. */
export const wholeRun = ({ steps, width }: Pick<RunView, "steps" | "width">): Span => ({
  name: "the run",
  from: 0,
  to: Math.ceil(steps / width),
});

/** Finished epochs, and the part of the next one that exists; the whole run if epochs share buckets. */
export const spansOf = (run: Pick<RunView, "steps" | "width" | "epochs">): readonly Span[] => {
  const { epochs, width, steps } = run;
  const ends = epochs.map(({ epoch, steps: end }) => ({
    name: `epoch ${epoch}`,
    // The last bucket of a run contains no steps of another epoch.
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

/** Largest number of a column in a span; NaN if there is none. */
export const greatestIn = (column: Float64Array, { from, to }: Span): number =>
  column.subarray(from, to).reduce((most, x) => (Number.isNaN(most) || x > most ? x : most), Number.NaN);

export const leastIn = (column: Float64Array, { from, to }: Span): number =>
  column.subarray(from, to).reduce((least, x) => (Number.isNaN(least) || x < least ? x : least), Number.NaN);
