/** @file Means of a sample, in float64, in the order of its values. */
import { type Sample, sampleSize } from "../../core/sample.ts";

/** The mean of what `f` makes of each value. */
export const sampleMean = (sample: Sample, f: (value: number) => number): number => {
  const { values, counts } = sample;
  let sum = 0;
  for (let i = 0; i < values.length; i++)
    sum += f(values[i] as number) * (counts ? (counts[i] as number) : 1);
  return sum / sampleSize(sample);
};

/** The standard deviation over n - 1; 0 for a single value. */
export const sampleDeviation = (sample: Sample): number => {
  const mean = sampleMean(sample, (x) => x);
  const size = sampleSize(sample);
  return Math.sqrt((sampleMean(sample, (x) => (x - mean) ** 2) * size) / Math.max(size - 1, 1));
};
