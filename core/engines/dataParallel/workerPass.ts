/** @file Passes of one worker. Their results are copied before its engine releases them. */
import type { Engine } from "../../engine.ts";
import { problem, RangeflowFailure } from "../../errors.ts";
import { type Eventual, isPromise } from "../../eventual.ts";
import { type Expr, ofTensor, type Slot, type Stage, staged } from "../../expr.ts";
import type { ChannelSums, PassResult, Sinks } from "../../pass.ts";
import { inverseScale } from "../../qparams.ts";
import { type Key, roundingNoise } from "../../random.ts";
import type { RangeStat } from "../../range.ts";
import { elements, type HostCodes, type HostTensor, inMemory, type Tensor, tensor } from "../../tensor.ts";
import { sumChannels } from "./partials.ts";
import { type OwnSlots, ownExpr, perSample, type Shard } from "./shards.ts";

/** Results of a worker's pass. */
export interface WorkerResult {
  readonly stored?: Float32Array;
  readonly codes?: Int8Array;
  readonly gradientMask?: Int8Array;
  readonly clipped?: number;
  readonly range?: RangeStat;
  /** Partials, which are added in order once all have arrived. */
  readonly partials?: Float32Array;
  /** Sums of a whole tensor. */
  readonly channelSums?: ChannelSums;
  readonly kept: ReadonlyMap<Slot, Float32Array>;
}

/**
 * A value from a synchronous engine.
 *
 * @throws `RangeflowFailure` if it is a promise
 */
export const atOnce = <T>(value: Eventual<T>): T => {
  if (!isPromise(value)) return value;
  throw new RangeflowFailure(
    problem(
      "dataParallel",
      "an asynchronous engine",
      "engines that compute in memory",
      "wrap simd() or reference()",
    ),
  );
};

const floatsOf = (x: Tensor | undefined): Float32Array | undefined =>
  x && elements(inMemory(x) as HostTensor);

const bytesOf = (x: PassResult["codes"]): Int8Array | undefined =>
  x && elements(inMemory(x) as HostCodes).slice();

/** Rounding noise of one worker's elements, by their indices in the whole tensor. */
const noiseOf = (noise: Key, { shape }: Expr, { from, to }: Shard): HostTensor => {
  const each = perSample(shape);
  const first = from * each;
  const drawn = new Float32Array((to - from) * each);
  for (let i = 0; i < drawn.length; i++) drawn[i] = roundingNoise(noise, first + i);
  return tensor(drawn, [to - from, ...shape.slice(1)]);
};

type Quantize = NonNullable<Sinks["quantize"]>;

/** Quantizes a part of a tensor with the noise of the whole: x * inverse + noise as stages, then rounding with scale 1. */
const quantizedWithNoise = (
  engine: Engine,
  x: Tensor,
  { params, noise, gradientMask }: Quantize & { readonly noise: Key },
  whole: Expr,
  shard: Shard,
): PassResult => {
  const other = ofTensor(noiseOf(noise, whole, shard));
  const stages: readonly Stage[] = [
    { _tag: "Affine", scale: Float32Array.of(inverseScale(params.scale[0] as number)) },
    { _tag: "Add", other },
  ];
  const own = { ...params, scale: Float32Array.of(1) };
  const quantize = { params: own, ...(gradientMask && { gradientMask }) };
  return atOnce(engine.run(staged(...stages)(ofTensor(x)), { quantize }));
};

const keptIn = (slots: OwnSlots): ReadonlyMap<Slot, Float32Array> =>
  new Map(
    [...slots].flatMap(([slot, { tensor: kept }]) =>
      kept ? [[slot, elements(inMemory(kept)).slice()] as const] : [],
    ),
  );

const without = <T extends object>(x: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(x).filter(([, value]) => value !== undefined)) as never;

/** A worker's pass over its samples. */
export const runPart = (engine: Engine, x: Expr, sinks: Sinks, shard: Shard): WorkerResult => {
  const { quantize, channelSums: summed, observe = false } = sinks;
  const slots: OwnSlots = new Map();
  const noise = quantize?.noise;
  const store = sinks.store === true || noise !== undefined || summed !== undefined;
  const direct = { store, observe, ...(quantize && noise === undefined && { quantize }) };
  const found = atOnce(engine.run(ownExpr(x, shard, slots), direct));
  const tensorOfPart = found.stored as Tensor;
  const coded =
    quantize && noise ? quantizedWithNoise(engine, tensorOfPart, { ...quantize, noise }, x, shard) : found;
  const of = summed?.of && atOnce(engine.run(ownExpr(summed.of, shard, slots), { store: true })).stored;
  const result = without({
    stored: sinks.store ? floatsOf(found.stored)?.slice() : undefined,
    codes: bytesOf(coded.codes),
    gradientMask: bytesOf(coded.gradientMask),
    clipped: coded.clipped === undefined ? undefined : atOnce(coded.clipped),
    range: found.range === undefined ? undefined : atOnce(found.range),
    kept: keptIn(slots),
    partials: summed && sumChannels(engine, inMemory(tensorOfPart), of && inMemory(of), summed.around),
  });
  engine.beginStep();
  return result;
};

/** A pass over a tensor that every worker has. */
export const runWhole = (engine: Engine, x: Expr, sinks: Sinks): WorkerResult => {
  const slots: OwnSlots = new Map();
  const { channelSums: summed } = sinks;
  const of = summed?.of && ownExpr(summed.of, undefined, slots);
  const own = { ...sinks, ...(summed && { channelSums: { around: summed.around, ...(of && { of }) } }) };
  const found = atOnce(engine.run(ownExpr(x, undefined, slots), own));
  const sums = found.channelSums && atOnce(found.channelSums);
  const result = without({
    stored: floatsOf(found.stored)?.slice(),
    codes: bytesOf(found.codes),
    gradientMask: bytesOf(found.gradientMask),
    clipped: found.clipped === undefined ? undefined : atOnce(found.clipped),
    range: found.range === undefined ? undefined : atOnce(found.range),
    channelSums: sums && { first: sums.first.slice(), second: sums.second.slice() },
    kept: keptIn(slots),
  });
  engine.beginStep();
  return result;
};
