/** @file Constraints on training by primal-dual optimization: Lagrange multipliers that follow the slacks. */

/** A constraint `measure <= bound`, whose multiplier is updated once per period. */
export interface Constraint {
  /** Upper bound on the measure, in its unit; measure - bound is the slack. */
  readonly bound: number;
  /** Learning rate of the dual step: the increase of the multiplier for a slack of 1. */
  readonly rate: number;
  /** Training steps between two dual steps: the steps of an epoch. */
  readonly period: number;
}

/**
 * Dual step, max(0, multiplier + rate * slack): the multiplier grows while the constraint is violated, and shrinks
 * while it holds.
 *
 * @see Hounie et al. 2023, arXiv:2210.15623
 */
export const dualStep = (multiplier: number, slack: number, rate: number): number =>
  Math.max(0, multiplier + rate * slack);
