/** @file Learning rates by step: plain functions, so that they compose. */

/** The learning rate of the update that follows so many updates. */
export type Schedule = (step: number) => number;

/** The same rate at every step. */
export const constantRate =
  (rate: number): Schedule =>
  () =>
    rate;

/** `rate`, multiplied by `factor` once at each of the given steps. */
export const stepDecay =
  (
    rate: number,
    { at, factor = 0.1 }: { readonly at: readonly number[]; readonly factor?: number },
  ): Schedule =>
  (step) =>
    rate * factor ** at.filter((milestone) => step >= milestone).length;

/**
 * Half a cosine from `rate` at step 0 to `last` at `steps`, and `last` after it.
 *
 *     last + (rate - last) * (1 + cos(pi * step / steps)) / 2
 *
 * @see Loshchilov and Hutter 2017, arXiv:1608.03983
 */
export const cosine =
  (rate: number, { steps, last = 0 }: { readonly steps: number; readonly last?: number }): Schedule =>
  (step) =>
    last + ((rate - last) * (1 + Math.cos(Math.PI * Math.min(step / Math.max(steps, 1), 1)))) / 2;

/** A schedule whose first `steps` rates grow linearly: (step + 1) / steps of what they were. */
export const warmUp =
  (steps: number, schedule: Schedule): Schedule =>
  (step) =>
    schedule(step) * Math.min((step + 1) / Math.max(steps, 1), 1);
