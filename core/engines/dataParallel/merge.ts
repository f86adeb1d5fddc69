/** @file Merging the parts of a pass, in any order of arrival. */
import type { Slot } from "../../expr.ts";
import type { PassResult } from "../../pass.ts";
import type { RangeStat } from "../../range.ts";
import { codes, type Shape, sizeOf, tensor } from "../../tensor.ts";
import { addedInOrder } from "./partials.ts";
import { perSample, type Shard } from "./shards.ts";
import type { WorkerResult } from "./workerPass.ts";

/** A part that has arrived, and the shard it belongs to. */
export interface Arrival<T> {
  readonly shard: Shard;
  readonly part: T;
}

/** The range of both parts. NaN affects neither bound, and -0 is less than 0, so the result does not depend on the order. */
const mergedRange = (a: RangeStat, b: RangeStat): RangeStat => ({
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
  count: a.count + b.count,
  nonFinite: a.nonFinite + b.nonFinite,
});

type Numbers = Float32Array | Int8Array;

/** Elements of all parts, each in its position. */
const joined = <T extends Numbers>(whole: T, shape: Shape, parts: readonly Arrival<T>[]): T => {
  for (const { shard, part } of parts) whole.set(part, shard.from * perSample(shape));
  return whole;
};

const partsOf = <K extends keyof WorkerResult>(
  arrivals: readonly Arrival<WorkerResult>[],
  field: K,
): readonly Arrival<NonNullable<WorkerResult[K]>>[] =>
  arrivals.flatMap(({ shard, part: { [field]: part } }) => (part == null ? [] : [{ shard, part }]));

/** Partials of all workers, added in the order of the samples. */
export const orderedSums = (parts: readonly Arrival<Float32Array>[], each: number): Float64Array => {
  const inOrder = parts.toSorted((a, b) => a.shard.from - b.shard.from);
  const all = new Float32Array(inOrder.reduce((length, { part }) => length + part.length, 0));
  let at = 0;
  for (const { part } of inOrder) {
    all.set(part, at);
    at += part.length;
  }
  return addedInOrder(all, each);
};

/** Integer sums of all workers, added as they arrive; exact in any order. */
export const addedAsTheyCome = (parts: readonly ArrayLike<number>[], size: number): Float64Array => {
  const sums = new Float64Array(size);
  for (const part of parts)
    for (let i = 0; i < size; i++) sums[i] = (sums[i] as number) + (part[i] as number);
  return sums;
};

/** A pass over a whole batch, merged from those of its workers, and the tensors that it keeps in slots. */
export const merged = (
  arrivals: readonly Arrival<WorkerResult>[],
  shape: Shape,
): { readonly result: PassResult; readonly kept: ReadonlyMap<Slot, Float32Array> } => {
  const channels = shape.at(-1) as number;
  const stored = partsOf(arrivals, "stored");
  const coded = partsOf(arrivals, "codes");
  const masks = partsOf(arrivals, "gradientMask");
  const counts = partsOf(arrivals, "clipped");
  const ranges = partsOf(arrivals, "range").map(({ part }) => part);
  const partials = partsOf(arrivals, "partials");
  const sums = partials.length > 0 ? orderedSums(partials, 2 * channels) : undefined;
  const channelSums = sums
    ? { first: sums.slice(0, channels), second: sums.slice(channels) }
    : partsOf(arrivals, "channelSums")[0]?.part;
  const slots = new Set(arrivals.flatMap(({ part }) => [...part.kept.keys()]));
  const keptBy = (slot: Slot): readonly Arrival<Float32Array>[] =>
    arrivals.flatMap(({ shard, part }) => {
      const kept = part.kept.get(slot);
      return kept ? [{ shard, part: kept }] : [];
    });
  const room = (): Float32Array => new Float32Array(sizeOf(shape));
  const bytes = (): Int8Array => new Int8Array(sizeOf(shape));
  return {
    result: {
      ...(stored.length > 0 && { stored: tensor(joined(room(), shape, stored), shape) }),
      ...(coded.length > 0 && { codes: codes(joined(bytes(), shape, coded), shape) }),
      ...(counts.length > 0 && { clipped: counts.reduce((sum, { part }) => sum + part, 0) }),
      ...(masks.length > 0 && { gradientMask: codes(joined(bytes(), shape, masks), shape) }),
      ...(ranges.length > 0 && { range: ranges.reduce(mergedRange) }),
      ...(channelSums && { channelSums }),
    },
    kept: new Map([...slots].map((slot) => [slot, joined(room(), shape, keptBy(slot))])),
  };
};
