/**
 * @file Partials: float32 sums of one run of one sample, from which float32 reductions are computed.
 *
 * A sum over a batch is float32 within a run of at most 128 positions of one sample, and float64 over runs and samples in order
 * (`core/runs.ts`). A run is therefore what a worker can sum alone, bit for bit; the runs of all workers are collected and added in
 * order.
 */
import type { Engine } from "../../engine.ts";
import { expectSync } from "../../eventual.ts";
import { ofProduct, ofTensor } from "../../expr.ts";
import { operandShape, type WeightGradient } from "../../product.ts";
import { longestRun, runsOf } from "../../runs.ts";
import { elements, type HostTensor, inMemory, type Shape, tensor } from "../../tensor.ts";
import { partOfProduct, perSample, type Samples } from "./shards.ts";

/** Number of runs of all samples, and of numbers per run. */
export interface Partials {
  readonly runs: number;
  readonly each: number;
}

/** Sum of partials in float64, run by run, in order. */
export const addedInOrder = (partials: Float32Array, each: number): Float64Array => {
  const sums = new Float64Array(each);
  for (let i = 0; i < partials.length; i++)
    sums[i % each] = (sums[i % each] as number) + (partials[i] as number);
  return sums;
};

/** Number of positions of a sample, over which a channel is summed. */
const positionsOf = (shape: Shape): number => perSample(shape) / (shape.at(-1) as number);

/** Partials of channel sums: two sums per channel in each. */
export const channelPartials = (shape: Shape): Partials => ({
  runs: (shape[0] as number) * runsOf(positionsOf(shape)),
  each: 2 * (shape.at(-1) as number),
});

/** Partials of the channel sums of samples in memory, run by run: the sums of x, followed by those of the products. */
export const sumChannels = (
  engine: Engine,
  x: HostTensor,
  of: HostTensor | undefined,
  around: Float32Array,
): Float32Array => {
  const channels = x.shape.at(-1) as number;
  const { runs, each } = channelPartials(x.shape);
  const partials = new Float32Array(runs * each);
  const positions = positionsOf(x.shape);
  const runsOfSample = runsOf(positions);
  for (let run = 0; run < runs; run++) {
    const from = (run % runsOfSample) * longestRun;
    const first = Math.floor(run / runsOfSample) * positions + from;
    const length = Math.min(longestRun, positions - from);
    const runIn = (y: HostTensor): HostTensor =>
      tensor(elements(y).subarray(first * channels, (first + length) * channels), [1, length, 1, channels]);
    const channelSums = { around, ...(of && { of: ofTensor(runIn(of)) }) };
    const { channelSums: found } = expectSync(engine.run(ofTensor(runIn(x)), { channelSums }));
    const sums = expectSync(found);
    if (sums === undefined) continue;
    partials.set(sums.first, run * each);
    partials.set(sums.second, run * each + channels);
  }
  return partials;
};

/** The float32 operands of a weight gradient; none if it is an integer product. */
export const factorsOf = ({ dy, x }: WeightGradient): readonly HostTensor[] =>
  [dy, x].flatMap((side) => (side._tag === "Dense" ? [inMemory(side.x)] : []));

/** Partials of a weight gradient: one number per weight in each. */
export const weightPartials = ({ dy, shape }: WeightGradient): Partials => {
  const sides = operandShape(dy);
  return { runs: sides[0] * runsOf(positionsOf(sides)), each: perSample([1, ...shape]) };
};

/** A sample of dy in which everything but one run is zero. */
const onlyRun = (dy: HostTensor, run: number): HostTensor => {
  const channels = dy.shape.at(-1) as number;
  const [from, to] = [run * longestRun * channels, (run + 1) * longestRun * channels];
  return tensor(
    elements(dy).map((value, i) => (i >= from && i < to ? value : 0)),
    dy.shape,
  );
};

/**
 * Partials of a float32 weight gradient of some samples, which must be finite: each run is computed with zeros in place of the
 * others.
 */
export const sumWeights = (engine: Engine, product: WeightGradient, samples: Samples): Float32Array => {
  const found: Float32Array[] = [];
  for (let n = samples.from; n < samples.to; n++) {
    const one = partOfProduct(product, { from: n, to: n + 1 }) as WeightGradient;
    const [dy] = factorsOf(one) as [HostTensor];
    for (let run = 0; run < runsOf(positionsOf(dy.shape)); run++) {
      const { stored } = expectSync(
        engine.run(ofProduct({ ...one, dy: { _tag: "Dense", x: onlyRun(dy, run) } }), { store: true }),
      );
      if (stored) found.push(elements(inMemory(stored)).slice());
      engine.beginStep();
    }
  }
  const each = found[0]?.length ?? 0;
  const partials = new Float32Array(each * found.length);
  found.forEach((sums, i) => void partials.set(sums, i * each));
  return partials;
};
