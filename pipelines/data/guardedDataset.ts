/** @file Guards user-defined data sets: exceptions and invalid results of their functions become error messages. */
import { type Problem, problem, RangeflowFailure, thrownBy, valueText } from "../../core/errors.ts";
import { isCount, isFunction, isObject } from "../../core/guards.ts";
import { isPositiveInteger } from "../../core/shape.ts";
import type { Batches } from "./batches.ts";
import type { DataContent } from "./dataContent.ts";
import type { Dataset, TrainAndTest } from "./dataset.ts";
import { factsOf } from "./datasetFacts.ts";

const isShape = (x: unknown): boolean => Array.isArray(x) && x.length === 3 && x.every(isPositiveInteger);

const areTexts = (x: unknown): boolean => Array.isArray(x) && x.every((one) => typeof one === "string");

const isNormalization = (x: unknown, { shape }: Pick<Dataset, "shape">): boolean => {
  if (x === undefined) return true;
  const { mean, std }: { readonly mean?: unknown; readonly std?: unknown } = isObject(x) ? x : {};
  return [mean, std].every(
    (one) => Array.isArray(one) && one.length === shape?.[2] && one.every(Number.isFinite),
  );
};

/** Check of each part of a data set. */
const expectations: readonly (readonly [
  part: keyof Dataset,
  expected: string,
  holds: (x: unknown, data: Dataset) => boolean,
])[] = [
  ["name", "a text", (x) => typeof x === "string"],
  ["shape", "[height, width, channels] of an input, each a positive integer", isShape],
  ["classes", "an array of names; [] where targets are numbers", areTexts],
  ["targetShape", "[height, width, channels], or undefined", (x) => x === undefined || isShape(x)],
  ["normalization", "{ mean, std } with a number for each channel", isNormalization],
  ["content", "a function that gives { sha256, train, test }", isFunction],
  ["batches", "a function that gives { train, test }", isFunction],
  ["blank", "a function that gives a batch", isFunction],
];

const check = (problems: readonly Problem[]): void => {
  if (problems.length > 0) throw new RangeflowFailure(...problems);
};

/**
 * Refuses the content that a data set reports, unless it is a hash and two counts.
 *
 * @throws `RangeflowFailure`
 */
export const checkContent = (where: string, content: unknown): void => {
  const { sha256, train, test }: Partial<Record<keyof DataContent, unknown>> = isObject(content)
    ? content
    : {};
  if (typeof sha256 === "string" && sha256 !== "" && isCount(train, 0) && isCount(test, 0)) return;
  check([
    problem(
      `${where}, content`,
      valueText(content),
      "{ sha256, train, test }: a hash of all samples, and how many there are",
    ),
  ]);
};

const guardedBatches = (where: string, batches: Batches, least: number): Batches => {
  if (!isObject(batches) || !isCount(batches.perEpoch, least) || !isFunction(batches.make))
    check([
      problem(
        where,
        isObject(batches)
          ? `perEpoch ${valueText(batches.perEpoch)} and make of type ${typeof batches.make}`
          : valueText(batches),
        `{ perEpoch, make } with an integer from ${least} and a function`,
      ),
    ]);
  const { perEpoch, samplesPerEpoch } = batches;
  return {
    perEpoch,
    samplesPerEpoch,
    make: (step, into) => {
      const at = `${where}, batch ${step}`;
      let batch: unknown;
      try {
        batch = batches.make(step, into);
      } catch (error) {
        throw thrownBy(at, error, "a batch");
      }
      if (isObject(batch)) return batch as ReturnType<Batches["make"]>;
      throw new RangeflowFailure(problem(at, valueText(batch), "a batch { x, target, shape }"));
    },
  };
};

const batchesOf = (where: string, data: Dataset, how: Parameters<Dataset["batches"]>[0]): TrainAndTest => {
  let batches: Partial<TrainAndTest>;
  try {
    batches = data.batches(how) ?? {};
  } catch (error) {
    throw thrownBy(`${where}, batches`, error, "{ train, test }");
  }
  return {
    train: guardedBatches(`${where}, train`, batches.train as Batches, 1),
    test: guardedBatches(`${where}, test`, batches.test as Batches, 0),
  };
};

/**
 * The data set with checks around the results of its functions.
 *
 * @param where name of the data set, for messages
 * @throws `RangeflowFailure` with every invalid part
 */
export const guardedDataset = (where: string, data: Dataset): Dataset => {
  check(
    expectations
      .filter(([part, , holds]) => !holds(data[part], data))
      .map(([part, expected]) => problem(`${where}, ${part}`, valueText(data[part]), expected)),
  );
  return {
    ...factsOf(data),
    content: () => data.content(),
    batches: (how) => batchesOf(where, data, how),
    blank: (samples) => data.blank(samples),
  };
};
