/**
 * @file Data-parallel training in one process: each batch is split among several engines, with the same bits as on one.
 *
 * Every worker has all parameters and some samples of each batch. Per-sample results are computed by each worker for its own
 * samples. Where all samples contribute, parts are merged, and `onReduction` reports what a transport would have to send. Results
 * that depend on no sample, such as the codes of weights, would be computed by every worker with the same bits; here the first
 * engine computes them once. There is no transport: workers share this process.
 */
import ndarray from "ndarray";
import type { Engine } from "../../engine.ts";
import { internal, problem, RangeflowFailure } from "../../errors.ts";
import { type Expr, resumed, tensorOf } from "../../expr.ts";
import { integersInBlocks, memoryOf } from "../../integerBlocks.ts";
import { type PassResult, releasedByPass, type Sinks } from "../../pass.ts";
import {
  isInteger,
  isOverPositions,
  operandShape,
  type Product,
  type Sums,
  type WeightGradient,
} from "../../product.ts";
import { branch, key, permutation } from "../../random.ts";
import {
  type Codes,
  checkLength,
  elements,
  type HostTensor,
  inMemory,
  release,
  type Shape,
  sizeOf,
  type Tensor,
  tensor,
} from "../../tensor.ts";
import { type Arrival, addedAsTheyCome, merged, orderedSums } from "./merge.ts";
import { factorsOf, sumWeights } from "./partials.ts";
import { type Places, placesOf } from "./places.ts";
import type { Reduction } from "./reduction.ts";
import { floatsTold, integersTold, passTold, type Told } from "./roles.ts";
import { partOfProduct, perSample, type Shard, shardsOf } from "./shards.ts";
import { atOnce, runPart, runWhole, type WorkerResult } from "./workerPass.ts";

/** Options of `dataParallel`. */
export interface DataParallelOptions {
  /**
   * Seed of the order in which parts arrive, different for each reduction. The order does not affect the bits. Default: the order
   * of the workers.
   */
  readonly arrival?: number;
  /** Called for every reduction that a transport would have to do. Default: not reported. */
  readonly onReduction?: (reduction: Reduction) => void;
}

/** What a step on several workers needs. */
interface Workers {
  readonly engines: readonly [Engine, ...Engine[]];
  readonly places: Places;
  /** Parts of a batch of `samples` samples, in the order in which they arrive. */
  readonly arriving: (samples: number) => readonly Shard[];
  readonly tell: (shape: Shape, told: readonly Told[], path?: string) => void;
}

const engineOf = ({ engines }: Workers, { worker }: Shard): Engine => engines[worker] as Engine;

const samplesOf = ({ shape }: { readonly shape: Shape }): number => shape[0] as number;

/** A reduction in which all workers collect the elements of a tensor. */
const gather = ({ tell }: Workers, x: Tensor | Codes, path?: string): void => {
  const bytes = x.dtype === "int8" ? x.size : 4 * x.size;
  tell(x.shape, [{ kind: "gather", role: "elements", when: "read", shape: x.shape, bytes }], path);
};

const isFinitePair = (product: WeightGradient): boolean =>
  factorsOf(product).every((side) => elements(side).every(Number.isFinite));

/** Sums of a weight gradient over the samples of all workers. */
const summed = (workers: Workers, product: WeightGradient, path?: string): Sums => {
  const shape = operandShape(product.dy);
  const shards = workers.arriving(shape[0]);
  const size = sizeOf(product.shape);
  const isExact = isInteger(product);
  workers.tell(shape, [isExact ? integersTold(product) : floatsTold(product)], path);
  const arrivals = shards.map((shard) => {
    const engine = engineOf(workers, shard);
    if (!isExact) return { shard, part: sumWeights(engine, product, shard) };
    const { data } = atOnce(engine.accumulate(partOfProduct(product, shard)));
    const part = Float64Array.from(data);
    engine.beginStep();
    return { shard, part };
  });
  const sums = isExact
    ? addedAsTheyCome(
        arrivals.map(({ part }) => part),
        size,
      )
    : orderedSums(arrivals as readonly Arrival<Float32Array>[], size);
  return ndarray(sums, [...product.shape]);
};

/** An expression whose source, if it is a sum over samples, has been computed. */
const withSums = (workers: Workers, x: Expr, path?: string): Expr => {
  const { source } = x;
  if (source._tag !== "Product" || source.product._tag !== "BackwardWeight") return x;
  const { product } = source;
  if (!workers.places.isSplitSum(product) || !(isInteger(product) || isFinitePair(product))) return x;
  return { ...x, source: { _tag: "Sums", sums: summed(workers, product, path) } };
};

/** Whether each worker can compute its samples of a pass independently. */
const isSplit = ({ places }: Workers, x: Expr, of: Expr | undefined): boolean =>
  [x, ...(of ? [of] : [])].every(
    (each) =>
      places.ofBatch(each) &&
      places.readBy(each).every((read) => read.isBatch && samplesOf(read.x) === samplesOf(read)),
  );

/** A pass, before its released tensors are freed. */
const ran = (workers: Workers, asked: Expr, sinks: Sinks): PassResult => {
  const { places, engines, tell } = workers;
  const { path } = sinks;
  const x = withSums(workers, resumed(asked), path);
  const of = sinks.channelSums?.of;
  const isOfBatch = isSplit(workers, x, of);
  const { shape } = x;
  const arrivals: Arrival<WorkerResult>[] = [];
  if (isOfBatch) {
    for (const shard of workers.arriving(samplesOf(x)))
      arrivals.push({ shard, part: runPart(engineOf(workers, shard), x, sinks, shard) });
    tell(shape, passTold(sinks, shape), path);
  } else {
    const read = [x, ...(of ? [of] : [])].flatMap(places.readBy).filter(({ isBatch }) => isBatch);
    for (const one of new Set(read.map((each) => each.x))) gather(workers, one, path);
    const all = { worker: 0, from: 0, to: samplesOf(x) };
    arrivals.push({ shard: all, part: runWhole(engines[0], x, sinks) });
  }
  const { result, kept } = merged(arrivals, shape);
  for (const made of [result.stored, result.codes, result.gradientMask])
    if (made) places.made(made, isOfBatch);
  for (const [slot, data] of kept) {
    slot.tensor = tensor(data, shape);
    places.made(slot.tensor, isOfBatch);
  }
  return result;
};

/** Integer sums of a product. */
const accumulated = (workers: Workers, product: Product): Sums => {
  const { places, engines } = workers;
  if (product._tag === "BackwardWeight" && places.isSplitSum(product)) return summed(workers, product);
  const sums = new (isOverPositions(product) ? Float64Array : Int32Array)(sizeOf(product.shape));
  if (product._tag === "BackwardWeight") {
    sums.set(atOnce(engines[0].accumulate(product)).data);
    engines[0].beginStep();
  } else
    for (const shard of workers.arriving(samplesOf(product))) {
      const engine = engineOf(workers, shard);
      const { data } = atOnce(engine.accumulate(partOfProduct(product, shard)));
      sums.set(data, shard.from * perSample(product.shape));
      engine.beginStep();
    }
  const whole = ndarray(sums, [...product.shape]) as Sums;
  places.made(whole, product._tag !== "BackwardWeight");
  return whole;
};

/**
 * An engine that splits each batch among several engines, with the bits of a single one, for any number of workers and any order of
 * arrival. The counterpart of `torch.nn.parallel.DistributedDataParallel`, as a simulation in one process.
 *
 * Workers get the same number of samples, or one less; with more workers than samples, some get none. The same engine may be given
 * several times. Tensors are in the memory of the process, but a worker reads only its own samples; what it would need from others
 * is merged or gathered, and reported as a `Reduction`.
 *
 * @param engines synchronous engines, one per worker: `simd()`, `reference()`
 * @throws `RangeflowFailure` if there is no engine, or if one is asynchronous, as those on a device
 * @example
 * const worker = reference();
 * dataParallel([worker, worker, worker]).backend; // "3 workers in one process: plain loops in JavaScript"
 */
export const dataParallel = (
  engines: readonly Engine[],
  { arrival, onReduction }: DataParallelOptions = {},
): Engine => {
  const [first, ...others] = engines;
  if (first === undefined)
    throw new RangeflowFailure(problem("dataParallel", "no engine", "one for each worker, such as simd()"));
  const places = placesOf();
  const whole = new WeakSet<object>();
  let [step, orders, kept, stepBytes] = [0, 0, 0, 0];
  const workers: Workers = {
    engines: [first, ...others],
    places,
    arriving: (samples) => {
      const shards = shardsOf(samples, engines.length);
      if (arrival === undefined) return shards;
      const order = permutation(branch(key(arrival), orders++), shards.length);
      return Array.from(order, (i) => shards[i] as Shard);
    },
    tell: ([samples], told, path) => {
      const count = Math.min(samples as number, engines.length);
      if (count > 1)
        for (const one of told)
          onReduction?.({ ...one, ...(path !== undefined && { path }), step, workers: count });
    },
  };
  const allocate = (shape: Shape): HostTensor => {
    const x = tensor(new Float32Array(sizeOf(shape)), shape);
    places.parameter(x);
    kept += 4 * x.size;
    return x;
  };
  return {
    name: "dataParallel",
    backend: `${engines.length} workers in one process: ${first.backend}`,
    run: (x, sinks) => {
      const released = releasedByPass(x, sinks);
      const result = ran(workers, x, sinks);
      stepBytes += (result.stored ? 4 * result.stored.size : 0) + (result.codes?.size ?? 0);
      for (const one of released.map(tensorOf)) if (one) release(one);
      return result;
    },
    inBlocks: (x, how) => {
      const isBatch = places.isBatch(x);
      // Blocks of samples reach over the parts of several workers, which then all have the copy.
      if (isBatch && how.isBoth) gather(workers, x);
      const law = integersInBlocks(elements(inMemory(x)), x.shape, how);
      const made = { ...law, values: tensor(law.values, x.shape) };
      const { last, first } = made.blocks;
      for (const own of [made.values, last.codes]) places.made(own, isBatch);
      if (first) places.made(first.codes, false);
      stepBytes += (first ? 6 : 5) * x.size;
      return { ...made, memory: memoryOf(made) };
    },
    exp: first.exp,
    accumulate: (product) => {
      if (!isInteger(product)) throw internal("accumulate wants a product of quantized operands");
      return accumulated(workers, product);
    },
    allocate,
    allocateResident: (shape, fill) => {
      const x = allocate(shape);
      fill(x.data);
      return x;
    },
    upload: (data, shape) => {
      checkLength(data, shape);
      const x = tensor(Float32Array.from(data), shape);
      places.uploaded(x);
      // Made by the host, so every worker could make it.
      whole.add(x.data);
      stepBytes += 4 * x.size;
      return x;
    },
    read: (x) => {
      const host = inMemory(x);
      if (places.isBatch(x) && !whole.has(host.data)) gather(workers, x);
      whole.add(host.data);
      return host;
    },
    write: (x, values) => elements(inMemory(x)).set(values),
    update: (...how) => {
      atOnce(first.update(...how));
      first.beginStep();
    },
    beginStep: () => {
      step++;
      stepBytes = 0;
      places.beginStep();
    },
    memory: () => ({
      kept,
      step: stepBytes,
      most: Math.min(...engines.map((engine) => engine.memory().most)),
    }),
    dispose: () => {
      for (const engine of new Set(engines)) engine.dispose();
    },
  };
};
