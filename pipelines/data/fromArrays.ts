import { type Problem, problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { sizeOf } from "../../core/tensor.ts";
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
import type { Dataset } from "./dataset.ts";
import { heldOut, rowsOf } from "./heldOut.ts";
import type { ImageShape } from "./labelledImages.ts";
import { noSamples, type Samples } from "./samples.ts";
import { samplesDataset } from "./samplesDataset.ts";

/** Options of `fromArrays`. */
export interface FromArraysOptions {
  /** Name of the data in events and tables. Default: `arrays`. */
  readonly name?: string;
  /** Names of the classes, or their number. Default: one more than the largest training label, at least 2. */
  readonly classes?: readonly string[] | number;
  /** [H, W, C] of a regression target. Default: [1, 1, numbers per sample]. */
  readonly targetShape?: ImageShape;
  /** Test samples, or a share of the training samples between 0 and 1, drawn with a fixed seed. Default: none. */
  readonly test?: ArrayPair | number;
}

/** The given samples, in their order. */
const taken = ({ x, y }: ArrayPair, size: number, samples: readonly number[]): ArrayPair => ({
  x: rowsOf(x, size, samples),
  y: isRegression(y)
    ? rowsOf(y, y.length / (x.length / size), samples)
    : Int32Array.from(samples, (n) => y[n] as number),
});

const samplesOf = ({ x, y }: ArrayPair, size: number): Samples => ({
  x,
  y: isRegression(y) ? y : Int32Array.from(y),
  count: x.length / size,
});

/** The largest class. `Math.max(...y)` would overflow the stack with a million labels. */
const largest = (y: Int32Array): number => y.reduce((most, label) => Math.max(most, label), 0);

const classNames = (classes: FromArraysOptions["classes"], y: Samples["y"]): readonly string[] => {
  if (!(y instanceof Int32Array)) return [];
  if (typeof classes === "object") return classes;
  return Array.from({ length: classes ?? Math.max(largest(y) + 1, 2) }, (_, k) => String(k));
};

const right = (problems: readonly Problem[]): void => {
  if (problems.length > 0) throw new RangeflowFailure(...problems);
};

/** Training and test samples: test samples as given, or drawn from the training samples. */
const separated = (
  all: ArrayPair,
  size: number,
  test: FromArraysOptions["test"],
): readonly [train: ArrayPair, test: ArrayPair | undefined] => {
  if (test !== undefined && (typeof test !== "object" || test === null) && typeof test !== "number")
    right([problem("fromArrays, test", valueText(test), "samples { x, y }, or a share such as 0.2")]);
  if (typeof test !== "number") return [all, test];
  const [kept, drawn] = heldOut("fromArrays, test", test, all.x.length / size);
  return [taken(all, size, kept), taken(all, size, drawn)];
};

/**
 * A data set from arrays in memory. The arrays may be used without a copy: do not change them afterwards.
 *
 * Float32 inputs are used unchanged. Bytes become (byte / 255 - mean) / std, with the mean and standard deviation of each channel over
 * the training samples. A `Float32Array` of targets means regression; all other targets are classes.
 *
 * @param x samples one after another, each [H, W, C] in row-major order
 * @param y the class of each sample, or the numbers of its target
 * @param shape [height, width, channels] of one sample; for rows of n numbers, [1, 1, n]
 * @param options name, classes, target shape and test samples
 * @throws `RangeflowFailure` with every problem: lengths, shapes, numbers that are not finite, classes out of range
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
  right([
    ...shapeProblems("fromArrays, shape", shape, "sample", "rows of n numbers are [1, 1, n]"),
    ...(targetShape === undefined ? [] : shapeProblems("fromArrays, targetShape", targetShape, "target")),
    ...classesProblems(classes),
  ]);
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
  const test = ofTest === undefined ? noSamples : samplesOf(ofTest, size);
  return samplesDataset({ name, shape, classes: names, targetShape: target }, { train, test });
};
