/**
 * @file Measurements: what an estimator asks of a tensor beyond its minimum and maximum.
 *
 * A question has a name that says everything it depends on, such as `above 0.25`. Its answer is recorded, so that a resumed or
 * replayed estimator, which asks the same questions, gets the same answers although the tensor is gone.
 */
import { missingIn, NotRecorded } from "./notRecorded.ts";
import type { Sample } from "./sample.ts";

/** Answers by question. */
export type Measured = Readonly<Record<string, readonly number[]>>;

/**
 * Asks a question of a tensor. The answer must depend on nothing but the sample and what the question names.
 *
 * @throws where the tensor is gone and the question was never asked of it
 */
export type Measure = (question: string, answer: (sample: Sample) => readonly number[]) => readonly number[];

/**
 * Questions to a tensor that is there; the answers are noted in `measured`. A question that was asked before is not asked again.
 * Whoever answers has a copy of the sample, so that the tensor stays as it is, also where its values are sorted to find the answer.
 */
export const measuring =
  (sample: Sample, measured: Record<string, readonly number[]>): Measure =>
  (question, answer) => {
    const known = measured[question];
    if (known) return known;
    const numbers = Array.from(answer({ ...sample, values: sample.values.slice() }));
    if (!numbers.every((number) => typeof number === "number"))
      throw new Error(
        `the answer to "${question}" contains values that are not numbers, and cannot be recorded`,
      );
    measured[question] = numbers;
    return numbers;
  };

/** The histogram of some tensor, by which is found whether one could answer. */
const someHistogram: Sample = { values: Float32Array.of(-1, 0.5, 1), counts: Uint32Array.of(1, 2, 1) };

/** What a question needs that nothing recorded answers, but a histogram would. */
export const histogramOfEach = "a histogram of each tensor";

/** The error of a question that nothing recorded answers: a histogram would, or not even that. */
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
 * Questions to a tensor that is gone.
 *
 * @param histogram answers questions that were never asked, as well as a histogram can; without one they throw
 */
export const remembering =
  (measured: Measured, histogram?: Sample): Measure =>
  (question, answer) => {
    const known = measured[question];
    if (known) return known;
    if (histogram) return answer(histogram);
    throw notMeasured(
      answer,
      `the tensor was not asked for "${question}" when it was recorded; record histograms (--histogram-every 1) to ask later`,
    );
  };
