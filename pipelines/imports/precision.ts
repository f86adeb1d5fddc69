/** @file Precision of printed numbers. */
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import type { Statistic } from "./statisticBatch.ts";

/**
 * - `auto`: a column has a fixed number of decimals if all its values have the same number of them, at least one, and either one ends in
 *   0 after several decimals, which the shortest text of a number never does, or there are at least 20 values; any other column is exact
 * - `exact`: all values are exactly what is written; `printed`: all are known to half a unit of their last digit
 * - a number: that many decimals, also for files without texts; `6g`: that many significant digits, as `%.6g` prints them without
 *   trailing zeros
 */
export type Precision = "auto" | "exact" | "printed" | number | `${number}g`;

/** Whether all numbers are said to have a given number of decimals or significant digits. */
export const isFixedPrecision = (precision: Precision): boolean =>
  typeof precision === "number" || precision.endsWith("g");

/** The power of ten of a number's first digit. */
const exponentOf = (magnitude: number): number => {
  const near = Math.floor(Math.log10(magnitude));
  return magnitude >= 10 ** (near + 1) ? near + 1 : magnitude < 10 ** near ? near - 1 : near;
};

/**
 * Half a unit of the last digit that a number is said to have; undefined if nothing is said. A 0 with significant digits is exact. A
 * power of ten may have been rounded up to; numbers below it are at most as far from it as those above.
 */
export const fixedError = (precision: Precision | undefined, value: number): number | undefined => {
  if (typeof precision === "number") return 0.5 / 10 ** precision;
  if (precision === undefined || !isFixedPrecision(precision)) return undefined;
  const digits = Number.parseInt(precision, 10);
  return value === 0 ? 0 : 0.5 * 10 ** (exponentOf(Math.abs(value)) - digits + 1);
};

/** Largest number of digits that JavaScript prints. */
const mostDigits = 100;

/** A number printed with the given decimals or significant digits; undefined if none are given. */
const printedAs = (precision: Precision, value: number): string | undefined => {
  if (typeof precision === "number") return precision > mostDigits ? undefined : value.toFixed(precision);
  return isFixedPrecision(precision) ? value.toPrecision(Number.parseInt(precision, 10)) : undefined;
};

/**
 * Found and expected text for a number that cannot be one with the given decimals or significant digits, neither as float64 nor as
 * float32: the precision does not fit the file.
 */
export const precisionFault = (
  precision: Precision,
  statistic: Statistic,
  value: number,
): readonly [found: string, expected: string, hint: string] | undefined => {
  const text = Number.isFinite(value) ? printedAs(precision, value) : undefined;
  if (text === undefined || Number(text) === value || Math.fround(Number(text)) === value) return undefined;
  const [digits, kind] =
    typeof precision === "number"
      ? [precision, "decimals"]
      : [Number.parseInt(precision, 10), "significant digits"];
  return [
    `${statistic} ${value} with --precision ${precision}`,
    `numbers of at most ${digits} ${kind}`,
    "state the precision of the file, or use --precision printed for the digits of each number",
  ];
};

const fewest = 20;

/** A column of a file whose numbers were printed with a fixed number of decimals. */
export interface PrintedColumn {
  readonly file: string;
  readonly statistic: Statistic;
  readonly decimals: number;
  /** Whether they have exponents, so that the decimals are those of a number from 1 to 10. */
  readonly hasExponent: boolean;
}

/** Common properties of the printed values of a column. */
export class PrintedForms {
  #values = 0;
  #form = -1;
  #isMixed = false;
  #someEndInZero = false;

  add(form: number): void {
    // Number of decimals, and whether there is an exponent.
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

/** Refuses an invalid precision. @throws `RangeflowFailure` */
export const checkPrecision = (given: unknown): void => {
  if (given === "auto" || given === "exact" || given === "printed") return;
  if (typeof given === "number" && Number.isInteger(given) && given >= 0 && given <= 300) return;
  if (typeof given === "string" && /^([1-9]|1[0-7])g$/.test(given)) return;
  throw new RangeflowFailure(
    problem(
      "--precision",
      valueText(given),
      "auto, exact, printed, a number of decimals such as 4, or of significant digits such as 6g",
    ),
  );
};
