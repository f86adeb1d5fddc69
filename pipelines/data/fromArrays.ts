import { createHash } from "node:crypto";
import { type Problem, problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { branch, key, permutation } from "../../core/random.ts";
import { sizeOf, tensor } from "../../core/tensor.ts";
import {
  type ArrayPair,
  classesProblems,
  type Inputs,
  isRegression,
  pairProblems,
  shapeProblems,
  type Targets,
  testProblems,
} from "./arrayChecks.ts";
import { checkBatch, shuffledEpochs, stepsPerEpoch } from "./batches.ts";
import { addBytes, type DataContent } from "./dataContent.ts";
import type { Dataset } from "./dataset.ts";
import { type ImageShape, moments } from "./labelledImages.ts";
import { batchesOfSamples, type Layout, type Samples } from "./samples.ts";

export interface FromArraysOptions {
  /** Name of the data in events and tables. */
  readonly name?: string;
  /** Names of the classes, or their number; one more than the largest class of training where missing. */
  readonly classes?: readonly string[] | number;
  /** [H, W, C] of a target of a regression; [1, 1, numbers for each sample] where missing. */
  readonly targetShape?: ImageShape;
  /** Samples to evaluate on: of their own, or a share of the others, drawn by a fixed seed. None where missing. */
  readonly test?: ArrayPair | number;
}

/** Some samples of others, in their order. */
const taken = ({ x, y }: ArrayPair, size: number, samples: readonly number[]): ArrayPair => {
  const targetSize = isRegression(y) ? y.length / (x.length / size) : 1;
  const rows = <T extends Inputs | Float32Array>(from: T, width: number): T => {
    const into = new (from.constructor as new (length: number) => T)(samples.length * width);
    for (const [i, n] of samples.entries()) into.set(from.subarray(n * width, (n + 1) * width), i * width);
    return into;
  };
  return {
    x: rows(x, size),
    y: isRegression(y) ? rows(y, targetSize) : Int32Array.from(samples, (n) => y[n] as number),
  };
};

/** A share of the samples for evaluation; the rest stays in its order. */
const splitBy = (
  all: ArrayPair,
  size: number,
  share: number,
): readonly [train: ArrayPair, test: ArrayPair] => {
  const count = all.x.length / size;
  const drawn = new Set(permutation(branch(key(0), "split"), count).subarray(0, Math.round(share * count)));
  const samples = Array.from({ length: count }, (_, n) => n);
  return [
    taken(
      all,
      size,
      samples.filter((n) => !drawn.has(n)),
    ),
    taken(
      all,
      size,
      samples.filter((n) => drawn.has(n)),
    ),
  ];
};

const samplesOf = ({ x, y }: ArrayPair, size: number): Samples => ({
  x,
  y: isRegression(y) ? y : Int32Array.from(y),
  count: x.length / size,
});

const none: Samples = { x: new Float32Array(0), y: new Int32Array(0), count: 0 };

/** The largest class, without spreading a million of them over the stack. */
const largest = (y: Int32Array): number => y.reduce((most, label) => Math.max(most, label), 0);

const classNames = (classes: FromArraysOptions["classes"], y: Samples["y"]): readonly string[] => {
  if (!(y instanceof Int32Array)) return [];
  if (typeof classes === "object") return classes;
  return Array.from({ length: classes ?? Math.max(largest(y) + 1, 2) }, (_, k) => String(k));
};

const contentOf = (facts: object, splits: readonly Samples[]): DataContent => {
  const hash = createHash("sha256");
  const kinds = splits.map(({ x, y }) => [x.constructor.name, y.constructor.name]);
  hash.update(JSON.stringify({ ...facts, counts: splits.map(({ count }) => count), kinds }));
  for (const { x, y } of splits) for (const array of [x, y]) addBytes(hash, array);
  const [train, test] = splits.map(({ count }) => count) as [number, number];
  return { sha256: hash.digest("hex"), train, test };
};

const right = (problems: readonly Problem[]): void => {
  if (problems.length > 0) throw new RangeflowFailure(...problems);
};

/** The test samples that somebody has given, or a share of the training samples. */
const separated = (
  all: ArrayPair,
  size: number,
  test: FromArraysOptions["test"],
): readonly [train: ArrayPair, test: ArrayPair | undefined] => {
  if (test !== undefined && (typeof test !== "object" || test === null) && typeof test !== "number")
    right([problem("fromArrays, test", valueText(test), "samples { x, y }, or a share such as 0.2")]);
  if (typeof test !== "number") return [all, test];
  const count = all.x.length / size;
  const drawn = Math.round(test * count);
  if (!(drawn >= 1 && drawn < count))
    right([
      problem(
        "fromArrays, test",
        `a share of ${test} of ${count} samples`,
        "a share that leaves samples for both, such as 0.2",
      ),
    ]);
  return splitBy(all, size, test);
};

/** Float values of the bytes of each channel; undefined for inputs that are floats. */
const tablesOf = ({ x }: Samples, [, , channels]: ImageShape): Layout["tables"] => {
  if (!(x instanceof Uint8Array)) return undefined;
  const { mean, std } = moments(x, channels);
  return mean.map((m, c) => Float32Array.from({ length: 256 }, (_, v) => (v / 255 - m) / (std[c] as number)));
};

/** Numbers of a batch of any values: training samples where they are taken as they are, since only these need suit every function. */
const blankOf = ({ x }: Samples, count: number): Float32Array =>
  x instanceof Uint8Array
    ? new Float32Array(count)
    : Float32Array.from({ length: count }, (_, i) => x[i % x.length] as number);

/**
 * Data in memory as the data of a run, which stay as they are: change nothing in the arrays afterwards.
 *
 * Inputs of float32 are taken as they are; bytes become (byte / 255 - mean) / std, by the mean and deviation of each channel
 * over the training samples. Targets that are a `Float32Array` are those of a regression, all others are classes.
 *
 * @param x samples one after another, each [H, W, C] row by row
 * @param y a class for each sample, or the numbers of its target
 * @param shape [height, width, channels] of one sample; rows of n numbers are [1, 1, n]
 * @throws `RangeflowFailure` of everything that is wrong: lengths, shapes, numbers that are not finite, classes out of range
 * @example
 * import { fromArrays } from "rangeflow";
 *
 * const xor = fromArrays(Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), [0, 1, 1, 0], [1, 1, 2]);
 * xor.classes.length; // 2
 */
export const fromArrays = (
  x: Inputs,
  y: Targets,
  shape: ImageShape,
  options: FromArraysOptions = {},
): Dataset => {
  const known = { name: true, classes: true, targetShape: true, test: true } as const;
  const { name = "arrays", classes, targetShape, test: wanted } = knownOptions("fromArrays", options, known);
  right([...shapeProblems(shape, targetShape), ...classesProblems(classes)]);
  const size = sizeOf(shape);
  const count = typeof classes === "object" ? classes.length : classes;
  right(pairProblems("fromArrays", { x, y }, shape, { classes: count, targetShape }));
  const [ofTrain, ofTest] = separated({ x, y }, size, wanted);
  const train = samplesOf(ofTrain, size);
  const names = classNames(classes, train.y);
  const target: ImageShape | undefined =
    train.y instanceof Float32Array ? (targetShape ?? [1, 1, train.y.length / train.count]) : undefined;
  if (ofTest !== undefined)
    right([
      ...testProblems(ofTrain, ofTest),
      ...pairProblems("fromArrays, test", ofTest, shape, {
        classes: target === undefined ? names.length : undefined,
        targetShape: target,
      }),
    ]);
  const test = ofTest === undefined ? none : samplesOf(ofTest, size);
  const layout: Layout = { shape, targetShape: target, tables: tablesOf(train, shape) };
  return {
    name,
    shape,
    classes: names,
    targetShape: target,
    content: () => contentOf({ shape, classes: names, targetShape: target }, [train, test]),
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
      x: blankOf(train, samples * size),
      target:
        target === undefined
          ? new Int32Array(samples)
          : tensor(new Float32Array(samples * sizeOf(target)), [samples, ...target]),
      shape: [samples, ...shape],
    }),
  };
};
