/** @file How exact numbers are that were printed. */
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import type { Statistic } from "./statisticBatch.ts";

/**
 * - `auto`: a column is printed with so many decimals if all its values have the same number of them, at least one, and either one ends in 0
 *   behind several decimals, which the shortest text of a number never does, or there are at least 20 values; any other column is exact
 * - `exact`: all values are what is written; `printed`: all are known to half their last digit
 * - a number: so many decimals, also in files without texts
 */
export type Precision = "auto" | "exact" | "printed" | number;

/** Half a unit of the decimals that all numbers are said to have; undefined where that is not said. */
export const fixedError = (precision: Precision | undefined): number | undefined =>
  typeof precision === "number" ? 0.5 / 10 ** precision : undefined;

const fewest = 20;

/** A column of a file whose numbers were printed with so many decimals. */
export interface PrintedColumn {
  readonly file: string;
  readonly statistic: Statistic;
  readonly decimals: number;
  /** Whether they have exponents, so that the decimals are those of a number from 1 to 10. */
  readonly hasExponent: boolean;
}

/** What the values of a column look like together. */
export class PrintedForms {
  #values = 0;
  #form = -1;
  #isMixed = false;
  #someEndInZero = false;

  add(form: number): void {
    // Decimals, and whether there is an exponent.
    const plain = form & 511;
    if (this.#values++ === 0) this.#form = plain;
    else if (plain !== this.#form) this.#isMixed = true;
    if (form >= 512) this.#someEndInZero = true;
  }

  /** Whether they were printed with a fixed number of decimals. */
  get isFixed(): boolean {
    return !this.#isMixed && (this.#form & 255) > 0 && (this.#someEndInZero || this.#values >= fewest);
  }

  get decimals(): number {
    return this.#form & 255;
  }

  get hasExponent(): boolean {
    return (this.#form & 256) !== 0;
  }
}

/** Refuses what is no precision. @throws `RangeflowFailure` */
export const checkPrecision = (given: unknown): void => {
  if (given === "auto" || given === "exact" || given === "printed") return;
  if (typeof given === "number" && Number.isInteger(given) && given >= 0 && given <= 300) return;
  throw new RangeflowFailure(
    problem("--precision", valueText(given), "auto, exact, printed, or a number of decimals such as 4"),
  );
};
