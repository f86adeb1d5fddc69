/** @file One line of a benchmark: a quantity of a subject, and how it compares with another subject of the same run. */

export interface Row {
  readonly group: string;
  readonly case: string;
  readonly subject: string;
  readonly value: number;
  readonly unit: string;
  /** Whom the subject is measured against; null where the value stands alone. */
  readonly versus: string | null;
  /**
   * Ratio of values, subject to `versus`: above 1 is faster where the unit is a speed, and of a part it is its share of the whole.
   * Median over rounds of the ratio within one round, so that what slows the whole machine for a while slows both.
   */
  readonly ratio: number | null;
  /** Distance between the quartiles of the ratio (of the value where it stands alone), as a share of its median. */
  readonly spread: number | null;
  /** Number of times that it was timed, side by side with whom it is measured against; null where nothing was timed. */
  readonly rounds: number | null;
}
