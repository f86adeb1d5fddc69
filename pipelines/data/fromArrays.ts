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

/** The largest class, without spreading a million of them over the stack. */
const largest = (y: Int32Array): number => y.reduce((most, label) => Math.max(most, label), 0);

const classNames = (classes: FromArraysOptions["classes"], y: Samples["y"]): readonly string[] => {
  if (!(y instanceof Int32Array)) return [];
  if (typeof classes === "object") return classes;
  return Array.from({ length: classes ?? Math.max(largest(y) + 1, 2) }, (_, k) => String(k));
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
  const [kept, drawn] = heldOut("fromArrays, test", test, all.x.length / size);
  return [taken(all, size, kept), taken(all, size, drawn)];
};

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
