/** @file Constraints on what a network is trained for, by primal-dual steps: Lagrange multipliers that follow the slacks. */

export interface Constraint {
  /** What is constrained shall be at most this; what it is beyond is the slack. */
  readonly bound: number;
  /** Of the dual step. */
  readonly rate: number;
  /** Training steps from one dual step to the next: those of an epoch. */
  readonly period: number;
}

/**
 * The dual step: max(0, multiplier + rate * slack). A constraint that is broken weighs more from then on, one that holds less.
 *
 * @see Hounie et al. 2023, arXiv:2210.15623
 */
export const dualStep = (multiplier: number, slack: number, rate: number): number =>
  Math.max(0, multiplier + rate * slack);
