/**
 * @file Measurements: what an estimator asks about a tensor beyond its minimum and maximum.
 *
 * A question has a name that contains everything its answer depends on besides the tensor, e.g. `above 0.25`. Answers
 * are recorded, so that a resumed or replayed estimator, which asks the same questions, gets the same answers without
 * the tensor.
 */
import { missingIn, NotRecorded } from "./notRecorded.ts";
import type { Sample } from "./sample.ts";

/** Answers by question. */
export type Measured = Readonly<Record<string, readonly number[]>>;

/**
 * Asks a question about a tensor. The answer must depend only on the sample and on what the question names.
 *
 * @throws `NotRecorded` if the tensor is gone and the question was not asked when it was recorded
 */
export type Measure = (question: string, answer: (sample: Sample) => readonly number[]) => readonly number[];

/** A copy of a sample, whose values a function may sort. */
const copyOf = ({ values, counts, ...rest }: Sample): Sample => ({
  ...{ ...rest, values: values.slice() },
  ...(counts && { counts: counts.slice() }),
});

/**
 * Answers questions about an existing tensor, and stores the answers in `measured`; a repeated question is not computed
 * again. `answer` gets a copy of the sample, which it may sort, and whoever asks a copy of the answer.
 */
export const measuring =
  (sample: Sample, measured: Record<string, readonly number[]>): Measure =>
  (question, answer) => {
    const known = measured[question];
    if (known) return [...known];
    const numbers = Array.from(answer(copyOf(sample)));
    if (!numbers.every((number) => typeof number === "number"))
      throw new Error(
        `the answer to "${question}" contains values that are not numbers, and cannot be recorded`,
      );
    measured[question] = numbers;
    return [...numbers];
  };

/** A small histogram, to find out whether a histogram can answer a question. */
const someHistogram: Sample = { values: Float32Array.of(-1, 0.5, 1), counts: Uint32Array.of(1, 2, 1) };

/** Name of what a recording lacks if a histogram would answer the question. */
export const histogramOfEach = "a histogram of each tensor";

/** The error for a question that a recording cannot answer. It says whether a histogram would have been enough. */
export const notMeasured = (answer: (sample: Sample) => unknown, message: string): NotRecorded => {
  try {
    answer(someHistogram);
  } catch (error) {
    const needs = missingIn(error);
    if (needs !== undefined) return new NotRecorded(needs, message);
  }
  return new NotRecorded(histogramOfEach, message);
};

/**
 * Answers questions about a tensor that is gone.
 *
 * @param histogram answers questions that were not recorded, approximately; without it they throw
 */
export const remembering =
  (measured: Measured, histogram?: Sample): Measure =>
  (question, answer) => {
    const known = measured[question];
    if (known) return [...known];
    if (histogram) return answer(copyOf(histogram));
    throw notMeasured(
      answer,
      `the tensor was not asked for "${question}" when it was recorded; record histograms (--histogram-every 1) to ask later`,
    );
  };
