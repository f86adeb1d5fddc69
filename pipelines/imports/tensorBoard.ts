/**
 * @file TensorBoard event files: scalars whose names contain site and statistic (`scalarName`), and histograms, which determine min and
 *   max of the tensor with their name; those of PyTorch and TensorFlow 1 also mean and standard deviation.
 */
import { BatchBuilder } from "./batchBuilder.ts";
import { eachEvent } from "./eachEvent.ts";
import type { Format, Reading, Restart } from "./reader.ts";
import { isHistogram } from "./rebinned.ts";
import { type ScalarName, scalarName } from "./scalarName.ts";
import type { Source } from "./source.ts";
import { type BinnedCounts, noteUnused, type Unused } from "./statisticBatch.ts";
import {
  type EventHistogram,
  type EventTensor,
  type SummaryEvent,
  startStep,
  summaryEvent,
} from "./summaryEvent.ts";
import { recordLength } from "./tfRecord.ts";

/** Buckets from the smallest element to the largest. Their outermost limits lie beyond these. */
const binned = ({ min, max, limits, counts }: EventHistogram): BinnedCounts | undefined => {
  const within = (edge: number): number => Math.min(Math.max(edge, min), max);
  const found = { edges: [min, ...limits.map(within)], counts };
  return limits.length === counts.length && isHistogram(found) ? found : undefined;
};

/** Name of ignored buckets that are no histogram, or do not hold all elements, for example beyond 1e20. */
const otherBuckets = "buckets of other elements than a histogram's";

/** Plugin of TensorFlow 2 histograms. */
const histogramPlugin = "histograms";

/**
 * A TensorFlow 2 histogram, with a row of left edge, right edge and count for each bucket; undefined if it is invalid. Its edges are made
 * from the tensor. A single bucket of width 1 is how older versions write a tensor whose elements are all equal to its midpoint.
 *
 * @see tensorboard/plugins/histogram/summary_v2.py
 */
const bucketed = ({ shape: [rows = 0, columns], numbers }: EventTensor): BinnedCounts | undefined => {
  if (columns !== 3 || rows === 0 || numbers.length !== 3 * rows) return undefined;
  const column = (at: number): readonly number[] =>
    Array.from({ length: rows }, (_, row) => numbers[3 * row + at] as number);
  const [left, right, counts] = [column(0), column(1), column(2)];
  if (left.some((edge, i) => i > 0 && edge !== right[i - 1])) return undefined;
  const [lo, hi] = [left[0] as number, right[0] as number];
  const edges = rows === 1 && hi - lo === 1 ? [lo + 0.5, lo + 0.5] : [lo, ...right];
  const found = { edges, counts };
  return isHistogram(found) ? found : undefined;
};

/** Adds the row of a histogram. */
const addHistogram = (builder: BatchBuilder, histogram: EventHistogram, unused: Unused): void => {
  const { min, max, num, sum, sumSquares } = histogram;
  const set = (...[statistic, value]: [Parameters<BatchBuilder["set"]>[0], number]): void =>
    builder.set(statistic, value, 0, 0);
  set("min", min);
  set("max", max);
  set("count", num);
  if (num > 0) {
    set("mean", sum / num);
    set("std", Math.sqrt(Math.max(0, sumSquares / num - (sum / num) ** 2)));
  }
  const bins = binned(histogram);
  if (bins !== undefined && histogram.counts.reduce((sum, count) => sum + count, 0) === num)
    builder.histogram(bins);
  else noteUnused(unused, otherBuckets);
};

/** Name of ignored values whose steps a later start of the process has written again. */
const undone = "values of steps that a restart wrote anew";

const read = async (source: Source, { take, unused, isUndone }: Reading): Promise<void> => {
  const builder = new BatchBuilder();
  const scalars = new Map<string, ScalarName | undefined>();
  const scalarOf = (tag: string): ScalarName | undefined => {
    const known = scalars.has(tag) ? scalars.get(tag) : scalarName(tag);
    scalars.set(tag, known);
    return known;
  };
  const histogramTags = new Set<string>();
  const add = ({ step, values }: SummaryEvent, place: number): void => {
    for (const { tag, scalar, histogram, tensor, plugin } of values) {
      if (plugin === histogramPlugin) histogramTags.add(tag);
      if (isUndone(place, step)) {
        noteUnused(unused, undone);
        continue;
      }
      if (builder.isFull) {
        take(builder.batch());
        builder.clear();
      }
      const name = scalarOf(tag);
      if (histogram !== undefined && tag !== "") {
        builder.add(place, step, builder.sites.ofText(tag));
        addHistogram(builder, histogram, unused);
      } else if (tensor !== undefined && histogramTags.has(tag)) {
        const bins = bucketed(tensor);
        if (bins === undefined) noteUnused(unused, otherBuckets);
        else {
          builder.add(place, step, builder.sites.ofText(tag));
          builder.histogram(bins);
        }
      } else if (scalar !== undefined && name !== undefined) {
        builder.add(place, step, builder.sites.ofText(name.site));
        if (name.format !== undefined) builder.format(builder.formats.ofText(name.format));
        builder.set(name.statistic, scalar * name.factor, 0, 0);
      } else noteUnused(unused, tag);
    }
  };
  const isWhole = await eachEvent(source.path, summaryEvent, add);
  if (!isWhole) noteUnused(unused, "a record that is cut at the end");
  take(builder.batch());
};

const restarts = async ({ path }: Source): Promise<readonly Restart[]> => {
  const found: Restart[] = [];
  await eachEvent(path, startStep, (step, place) => {
    if (step !== undefined) found.push({ place, step });
  });
  return found;
};

export const tensorBoardFormat: Format = {
  name: "tensorboard",
  place: "record",
  help: "an event file of TensorBoard: scalars and histograms",
  matches: ({ head }) => recordLength(head) !== undefined,
  restarts,
  read,
};
