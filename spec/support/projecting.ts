/** @file What projections make of a few numbers, without a network around them. */
import { branch, key, roundingNoise } from "../../core/random.ts";
import type { Range } from "../../core/range.ts";
import type { Noise, Projected, Projecting, Projection } from "../../quantizers/projections/projection.ts";

/** The finite ends of a tensor, as a dynamic site would give them. */
export const rangeOf = (values: Iterable<number>): Range => {
  const numbers = [...values].filter(Number.isFinite);
  return numbers.length === 0 ? { lo: 0, hi: 0 } : { lo: Math.min(...numbers), hi: Math.max(...numbers) };
};

/** Seeded noise, other for each draw. */
export const noiseOf = (draw: number): Noise => {
  const k = branch(branch(key(5), "projecting"), draw);
  return (count) => Float32Array.from({ length: count }, (_, i) => roundingNoise(k, i));
};

/** Noise that is given element by element: u of floor(v + u), in [0, 1). */
export const given =
  (...u: readonly number[]): Noise =>
  () =>
    Float32Array.from(u, (one) => one - 0.5);

/** A gradient [1, 1, 1, C] with the range of the moment, rounded to nearest with 8 bits, unless told otherwise. */
export const projectedBy = (
  { project }: Projection,
  values: ArrayLike<number>,
  how: Partial<Projecting> = {},
): Projected => {
  const x = Float32Array.from(values);
  return project(x, {
    shape: [1, 1, 1, x.length],
    role: "gradient",
    training: true,
    quantities: [],
    range: rangeOf(x),
    bits: 8,
    noise: undefined,
    ...how,
  });
};

/** The values alone. */
export const valuesBy = (...args: Parameters<typeof projectedBy>): readonly number[] => [
  ...projectedBy(...args).values,
];
