/** @file Properties with a seed of their own, so that a run of the specs always draws the same cases. */
import fc from "fast-check";

/** Holds for `runs` cases drawn with seed 1. */
export const forAll = <T>(cases: fc.Arbitrary<T>, holds: (value: T) => void, runs = 100): void =>
  fc.assert(fc.property(cases, holds), { seed: 1, numRuns: runs });

/** Statistics of ordinary tensors: finite, and not zero everywhere. */
export const stats = fc
  .tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 1, max: 1000 }))
  .map(([min, spread]) => ({ min: min / 64, max: (min + spread) / 64, count: 8, nonFinite: 0 }));

/** A number of such tensors, one after another. */
export const runsOfStats = fc.array(stats, { minLength: 1, maxLength: 12 });

/** Weights of the past that float64 holds exactly, both ends included. */
export const decays = fc.integer({ min: 0, max: 16 }).map((n) => n / 16);
