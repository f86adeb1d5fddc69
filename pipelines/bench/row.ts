/** @file One line of a benchmark: a quantity of a subject, and its ratio to another subject of the same run. */

export interface Row {
  readonly group: string;
  readonly case: string;
  readonly subject: string;
  readonly value: number;
  readonly unit: string;
  /** The subject that it is measured against; null if the value stands alone. */
  readonly versus: string | null;
  /**
   * Ratio of values, subject to `versus`: above 1 is faster if the unit is a speed; for a part it is its share of the whole. Median over
   * rounds of the ratio within one round, so that temporary load slows both.
   */
  readonly ratio: number | null;
  /** Distance between the quartiles of the ratio (of the value if it stands alone), relative to its median. */
  readonly spread: number | null;
  /** Number of times that it was timed side by side with the other subject; null if nothing was timed. */
  readonly rounds: number | null;
}
