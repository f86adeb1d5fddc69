/** @file Properties with a seed of their own, so that a run of the specs always draws the same cases. */
import fc from "fast-check";
import { statOfElements } from "./measurable.ts";

/** Holds for `runs` cases drawn with seed 1. */
export const forAll = <T>(cases: fc.Arbitrary<T>, holds: (value: T) => void, runs = 100): void =>
  fc.assert(fc.property(cases, holds), { seed: 1, numRuns: runs });

/** Eight elements of ordinary tensors: finite, and not zero everywhere. */
const elementsOfOne = fc
  .tuple(
    fc.integer({ min: -1000, max: 1000 }),
    fc.integer({ min: 1, max: 1000 }),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }),
  )
  .map(([min, spread, between]) =>
    [0, 1, ...between].map((at) => Math.fround((min + Math.round(spread * at)) / 64)),
  );

/** Statistics of such tensors, which can be measured. */
export const stats = elementsOfOne.map((values) => statOfElements(values));

/** A number of such tensors, one after another. */
export const runsOfStats = fc.array(stats, { minLength: 1, maxLength: 12 });

/** The elements of a number of tensors, one after another. */
export const runsOfElements = fc.array(elementsOfOne, { minLength: 1, maxLength: 12 });

/** Weights of the past that float64 holds exactly, both ends included. */
export const decays = fc.integer({ min: 0, max: 16 }).map((n) => n / 16);
