/**
 * @file Probes: values of functions for fixed arguments, which identify a run together with the functions' source text, because
 *   they also depend on variables outside of it.
 */

/** Arguments for functions of a number: both signs, from small to large, and points where functions often have kinks. */
export const probePoints: readonly number[] = [
  0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1, 1.3, 1.7, 2.1, 2.6, 3.2, 4, 5, 5.9, 6, 6.1, 8,
  10, 20, 50,
].flatMap((x) => (x === 0 ? [x] : [x, -x]));

/** The result of a call, or that it throws. Functions that cannot be called are refused where they are used. */
export const probed = (call: () => unknown): unknown => {
  try {
    return call();
  } catch {
    return "throws";
  }
};

/** The values of a function of one number at all probe points. */
export const probedAt = (f: (x: number) => unknown): readonly unknown[] =>
  probePoints.map((x) => probed(() => f(x)));

/** `count` different numbers between -2 and 2. */
export const probeNumbers = (count: number, offset = 0): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => (((i + offset) * 0.618034 + 0.217) % 1) * 4 - 2);

/** Largest number of steps at which a function of the step is probed, evenly spaced. */
const mostSteps = 8192;

/** The values of a function of the step at all steps, or at evenly spaced ones. */
export const probedSteps = (f: (step: number) => unknown, steps = 256): readonly unknown[] => {
  const count = Math.min(steps, mostSteps);
  return Array.from({ length: count }, (_, i) => probed(() => f(Math.floor((i * steps) / count))));
};
