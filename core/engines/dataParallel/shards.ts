/** @file Shards: the samples of a batch that belong to one worker, and a pass restricted to them. */
import ndarray from "ndarray";
import { type BlockCodes, rowOf } from "../../blocks.ts";
import { internal } from "../../errors.ts";
import { type Expr, resumed, type Slot, type Source, type Stage } from "../../expr.ts";
import type { Factor, Operand, Product } from "../../product.ts";
import type { QParams } from "../../qparams.ts";
import {
  type Codes,
  codes,
  elements,
  type HostCodes,
  type HostTensor,
  inMemory,
  type Shape,
  sizeOf,
  type Tensor,
  tensor,
} from "../../tensor.ts";

/** Samples of a batch, from `from` up to but not including `to`. */
export interface Samples {
  readonly from: number;
  readonly to: number;
}

/** The samples of one worker. */
export interface Shard extends Samples {
  readonly worker: number;
}

/** Splits samples among workers as evenly as possible; workers without samples are left out. */
export const shardsOf = (samples: number, workers: number): readonly Shard[] =>
  Array.from({ length: workers }, (_, worker) => ({
    worker,
    from: Math.floor((worker * samples) / workers),
    to: Math.floor(((worker + 1) * samples) / workers),
  })).filter(({ from, to }) => to > from);

/** A shape with another number of samples. */
const withSamples = ([, ...sides]: Shape, samples: number): Shape => [samples, ...sides];

/** Number of elements per sample. */
export const perSample = ([, ...sides]: Shape): number => sizeOf(sides);

/** Samples of a tensor, without a copy. */
const part = (x: Tensor, { from, to }: Samples): HostTensor => {
  const each = perSample(x.shape);
  return tensor(elements(inMemory(x)).subarray(from * each, to * each), withSamples(x.shape, to - from));
};

const partOfCodes = (x: Codes, { from, to }: Samples): Codes => {
  const each = perSample(x.shape);
  return codes(elements(inMemory(x)).subarray(from * each, to * each), withSamples(x.shape, to - from));
};

/** Scales and zero points of some samples, if each sample has its own. */
const partOfParams = (params: QParams, { from, to }: Samples): QParams =>
  params.scale.length === 1
    ? params
    : { ...params, scale: params.scale.slice(from, to), zeroPoint: params.zeroPoint.slice(from, to) };

const partOfOperand = (operand: Operand, shard: Samples): Operand => {
  if (operand._tag === "Dense") return { _tag: "Dense", x: part(operand.x, shard) };
  const { codes: all, params } = operand.q;
  return { _tag: "Codes", q: { codes: partOfCodes(all, shard), params: partOfParams(params, shard) } };
};

/** Samples of a copy in blocks along channels. */
const partOfBlocks = (all: BlockCodes, { from, to }: Samples): BlockCodes => {
  const each = (perSample(all.codes.shape) / rowOf(all).length) * rowOf(all).blocks;
  const part = partOfCodes(all.codes, { from, to }) as HostCodes;
  return { ...all, codes: part, scales: all.scales.subarray(from * each, to * each) };
};

/** Samples of a factor. Products of blocks along samples are computed as a whole. */
const partOfFactor = (factor: Factor, shard: Samples): Factor => {
  if (factor._tag !== "Blocks") return partOfOperand(factor, shard);
  if (factor.isMoved) throw internal("some of the samples that share blocks");
  return { ...factor, of: partOfBlocks(factor.of, shard) };
};

/** A product restricted to one worker's samples: with all weights, or the worker's part of their gradient. */
export const partOfProduct = (product: Product, shard: Samples): Product => {
  const shape = withSamples(product.shape, shard.to - shard.from);
  switch (product._tag) {
    case "Forward":
      return { ...product, shape, x: partOfFactor(product.x, shard) };
    case "BackwardInput":
      return { ...product, shape, dy: partOfFactor(product.dy, shard) };
    case "BackwardWeight":
      return { ...product, dy: partOfFactor(product.dy, shard), x: partOfFactor(product.x, shard) };
    case "MatMul":
      return { ...product, shape, a: partOfOperand(product.a, shard), b: partOfOperand(product.b, shard) };
  }
};

type SumsSource = Extract<Source, { _tag: "Sums" }>;

const partOfSums = ({ sums }: SumsSource, shape: Shape, { from, to }: Samples): SumsSource => {
  const each = perSample(shape);
  const data = sums.data.subarray(from * each, to * each) as Int32Array;
  return { _tag: "Sums", sums: ndarray(data, [...withSamples(shape, to - from)]) };
};

const partOfSource = (source: Source, shape: Shape, shard: Samples): Source => {
  switch (source._tag) {
    case "Dense":
    case "Codes":
      return partOfOperand(source, shard);
    case "Product":
      return { _tag: "Product", product: partOfProduct(source.product, shard) };
    case "Sums":
      return partOfSums(source, shape, shard);
    case "Pool":
    case "Subsample":
      return { ...source, x: part(source.x, shard) };
    case "Unpool":
      return { ...source, x: part(source.x, shard), dy: part(source.dy, shard) };
    case "Supersample":
      return { ...source, dy: part(source.dy, shard) };
  }
};

/** Slots of one worker for its parts of the tensors that the whole pass keeps. */
export type OwnSlots = Map<Slot, Slot>;

const ownSlot = (slots: OwnSlots, slot: Slot): Slot => {
  const own = slots.get(slot) ?? {};
  slots.set(slot, own);
  return own;
};

/** Stages of a pass for some samples, or for all. Releases are left to the whole pass. */
const ownStages = (
  stages: readonly Stage[],
  samples: Samples | undefined,
  slots: OwnSlots,
): readonly Stage[] =>
  stages.flatMap((stage): Stage[] => {
    if (stage._tag === "Release") return [];
    if (stage._tag === "Keep") return [{ _tag: "Keep", slot: ownSlot(slots, stage.slot) }];
    if ("other" in stage) return [{ ...stage, other: ownExpr(stage.other, samples, slots) }];
    if (stage._tag === "Mask" && samples)
      return [{ ...stage, gradientMask: partOfCodes(stage.gradientMask, samples) }];
    return [stage];
  });

/** An expression restricted to some samples, or for all of them, with slots of its own. */
export const ownExpr = (x: Expr, samples: Samples | undefined, slots: OwnSlots): Expr => {
  const { shape, source, stages } = resumed(x);
  const own = ownStages(stages, samples, slots);
  if (samples === undefined) return { shape, source, stages: own };
  const { from, to } = samples;
  return { shape: withSamples(shape, to - from), source: partOfSource(source, shape, samples), stages: own };
};
