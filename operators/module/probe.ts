/** @file Probes: what functions give for fixed arguments, by which a run also knows the values that they read from around them. */

/** Arguments that a function of numbers is tried with: both signs, from small to large, and places where functions often bend. */
export const probePoints: readonly number[] = [
  0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1, 1.3, 1.7, 2.1, 2.6, 3.2, 4, 5, 5.9, 6, 6.1, 8,
  10, 20, 50,
].flatMap((x) => (x === 0 ? [x] : [x, -x]));

/** What a call gives, or that it throws: a probe only looks, and what cannot be called is refused where it is used. */
export const probed = (call: () => unknown): unknown => {
  try {
    return call();
  } catch {
    return "throws";
  }
};

/** A function of one number at all points. */
export const probedAt = (f: (x: number) => unknown): readonly unknown[] =>
  probePoints.map((x) => probed(() => f(x)));

/** So many numbers between -2 and 2, none of which is like another. */
export const probeNumbers = (count: number, offset = 0): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => (((i + offset) * 0.618034 + 0.217) % 1) * 4 - 2);

/** Steps that a function of the step is looked at in, if a run has more: so many, evenly over it. */
const mostSteps = 8192;

/** A function of the step in all of so many steps, or in evenly many of them. */
export const probedSteps = (f: (step: number) => unknown, steps = 256): readonly unknown[] => {
  const count = Math.min(steps, mostSteps);
  return Array.from({ length: count }, (_, i) => probed(() => f(Math.floor((i * steps) / count))));
};
