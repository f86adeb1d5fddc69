/** @file Data sets from samples in memory: hashed, shuffled, and normalized if they are bytes. */
import { createHash } from "node:crypto";
import { sizeOf, tensor } from "../../core/tensor.ts";
import { checkBatch, shuffledEpochs, stepsPerEpoch } from "./batches.ts";
import { addBytes, type DataContent } from "./dataContent.ts";
import type { DataFacts, Dataset } from "./dataset.ts";
import { type ImageShape, moments } from "./labelledImages.ts";
import { byteTables, type Normalization } from "./normalization.ts";
import { batchesOfSamples, type Layout, type Samples } from "./samples.ts";

const contentOf = (facts: object, splits: readonly Samples[]): DataContent => {
  const hash = createHash("sha256");
  const kinds = splits.map(({ x, y }) => [x.constructor.name, y.constructor.name]);
  hash.update(JSON.stringify({ ...facts, counts: splits.map(({ count }) => count), kinds }));
  for (const { x, y } of splits) for (const array of [x, y]) addBytes(hash, array);
  const [train, test] = splits.map(({ count }) => count) as [number, number];
  return { sha256: hash.digest("hex"), train, test };
};

/** Statistics of each channel of bytes; undefined for float inputs. */
const normalizationOf = ({ x }: Samples, [, , channels]: ImageShape): Normalization | undefined =>
  x instanceof Uint8Array ? moments(x, channels) : undefined;

/** Inputs of an arbitrary batch. Float inputs are copied from training samples, because a user's functions need not accept other values. */
const blankOf = ({ x }: Samples, count: number): Float32Array =>
  x instanceof Uint8Array
    ? new Float32Array(count)
    : Float32Array.from({ length: count }, (_, i) => x[i % x.length] as number);

/** A data set from samples. Training samples get a new order each epoch; test samples, of which there may be none, keep theirs. */
export const samplesDataset = (
  { name, shape, classes, targetShape }: DataFacts,
  { train, test }: { readonly train: Samples; readonly test: Samples },
): Dataset => {
  const normalization = normalizationOf(train, shape);
  const layout: Layout = { shape, targetShape, tables: normalization && byteTables(normalization) };
  return {
    name,
    shape,
    classes,
    targetShape,
    ...(normalization && { normalization }),
    content: () => contentOf({ shape, classes, targetShape }, [train, test]),
    batches: ({ batch, seed }) => {
      checkBatch(batch);
      const orderOf = shuffledEpochs(seed, train.count);
      const perEpoch = stepsPerEpoch(train.count, batch);
      return {
        train: batchesOfSamples(train, layout, { batch, perEpoch }, (epoch) => {
          const order = orderOf(epoch);
          return (position) => order[position] as number;
        }),
        test: batchesOfSamples(
          test,
          layout,
          { batch, perEpoch: Math.ceil(test.count / batch) },
          () => (position) => position,
        ),
      };
    },
    blank: (samples) => ({
      x: blankOf(train, samples * sizeOf(shape)),
      target:
        targetShape === undefined
          ? new Int32Array(samples)
          : tensor(new Float32Array(samples * sizeOf(targetShape)), [samples, ...targetShape]),
      shape: [samples, ...shape],
    }),
  };
};
