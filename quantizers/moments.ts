/** @file Means and standard deviations of tensors and samples, in float64, in the order of their values. */
import { type Sample, sampleSize } from "../core/sample.ts";
import { square } from "../core/square.ts";

/** The mean of `f` over all elements of a sample. */
export const sampleMean = (sample: Sample, f: (value: number) => number): number => {
  const { values, counts } = sample;
  let sum = 0;
  for (let i = 0; i < values.length; i++)
    sum += f(values[i] as number) * (counts ? (counts[i] as number) : 1);
  return sum / sampleSize(sample);
};

/** The unbiased standard deviation (n - 1); 0 for a single value. */
export const sampleDeviation = (sample: Sample): number => {
  const mean = sampleMean(sample, (x) => x);
  const size = sampleSize(sample);
  return Math.sqrt((sampleMean(sample, (x) => square(x - mean)) * size) / Math.max(size - 1, 1));
};

/** The mean and the unbiased standard deviation (n - 1); the deviation of a single element is 0. */
export const momentsOf = (x: Float32Array): { readonly mean: number; readonly deviation: number } => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] as number;
  const mean = x.length === 0 ? 0 : sum / x.length;
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += square((x[i] as number) - mean);
  return { mean, deviation: x.length > 1 ? Math.sqrt(squares / (x.length - 1)) : 0 };
};
