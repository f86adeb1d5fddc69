/** @file Constraints on what a network is trained for, by primal-dual steps: Lagrange multipliers that follow the slacks. */

/** A constraint `measure <= bound`, whose multiplier is updated once in a period. */
export interface Constraint {
  /** The most that the measure may be, in its own unit; measure - bound is the slack. */
  readonly bound: number;
  /** Learning rate of the dual step: what a slack of 1 adds to the multiplier. */
  readonly rate: number;
  /** Training steps from one dual step to the next: those of an epoch. */
  readonly period: number;
}

/**
 * Dual step, max(0, multiplier + rate * slack): a constraint that is broken weighs more from then on, one that holds less.
 *
 * @see Hounie et al. 2023, arXiv:2210.15623
 */
export const dualStep = (multiplier: number, slack: number, rate: number): number =>
  Math.max(0, multiplier + rate * slack);
