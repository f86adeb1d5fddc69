/**
 * @file Event files of TensorBoard: scalars whose names say site and statistic (`scalarName`), and histograms, which are those of the tensor of
 * their name and tell its ends, mean and deviation.
 */
import { BatchBuilder } from "./batchBuilder.ts";
import type { Format, Reading } from "./reader.ts";
import { isHistogram } from "./rebinned.ts";
import { type ScalarName, scalarName } from "./scalarName.ts";
import { failure, type Source } from "./source.ts";
import { type BinnedCounts, noteUnused, type Unused } from "./statisticBatch.ts";
import { type EventHistogram, type SummaryEvent, summaryEvent } from "./summaryEvent.ts";
import { eachRecord, recordLength } from "./tfRecord.ts";

/** Buckets from the least element to the greatest, whose outermost limits lie beyond these. */
const binned = ({ min, max, limits, counts }: EventHistogram): BinnedCounts | undefined => {
  const within = (edge: number): number => Math.min(Math.max(edge, min), max);
  const found = { edges: [min, ...limits.map(within)], counts };
  return limits.length === counts.length && isHistogram(found) ? found : undefined;
};

/** Buckets that are no histogram, or do not hold all elements, as of those beyond 1e20. */
const otherBuckets = "buckets of other elements than a histogram's";

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

const read = async (source: Source, { take, unused }: Reading): Promise<void> => {
  const builder = new BatchBuilder();
  const scalars = new Map<string, ScalarName | undefined>();
  const scalarOf = (tag: string): ScalarName | undefined => {
    const known = scalars.has(tag) ? scalars.get(tag) : scalarName(tag);
    scalars.set(tag, known);
    return known;
  };
  const add = ({ step, values }: SummaryEvent, place: number): void => {
    for (const { tag, scalar, histogram } of values) {
      if (builder.isFull) {
        take(builder.batch());
        builder.clear();
      }
      const name = scalarOf(tag);
      if (histogram !== undefined && tag !== "") {
        builder.add(place, step, builder.sites.ofText(tag));
        addHistogram(builder, histogram, unused);
      } else if (scalar !== undefined && name !== undefined) {
        builder.add(place, step, builder.sites.ofText(name.site));
        if (name.format !== undefined) builder.format(builder.formats.ofText(name.format));
        builder.set(name.statistic, scalar * name.factor, 0, 0);
      } else noteUnused(unused, tag);
    }
  };
  const isWhole = await eachRecord(source.path, (record, number) => {
    let event: SummaryEvent;
    try {
      event = summaryEvent(record);
    } catch {
      throw failure(
        `${source.path}, record ${number}`,
        "bytes that are no event",
        "an event file of TensorBoard",
      );
    }
    add(event, number);
  });
  if (!isWhole) noteUnused(unused, "a record that is cut at the end");
  take(builder.batch());
};

export const tensorBoardFormat: Format = {
  name: "tensorboard",
  place: "record",
  help: "an event file of TensorBoard: scalars and histograms",
  matches: ({ head }) => recordLength(head) !== undefined,
  read,
};
