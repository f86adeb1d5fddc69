/** @file How exact numbers are that were printed. */
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import type { Statistic } from "./statisticBatch.ts";

/**
 * - `auto`: a column is printed with so many decimals if all its values have the same number of them, at least one, and either one ends in 0
 *   behind several decimals, which the shortest text of a number never does, or there are at least 20 values; any other column is exact
 * - `exact`: all values are what is written; `printed`: all are known to half their last digit
 * - a number: so many decimals, also in files without texts; `6g`: so many significant digits, as `%.6g` prints them without ending zeros
 */
export type Precision = "auto" | "exact" | "printed" | number | `${number}g`;

/** Whether all numbers are said to have so many decimals or significant digits. */
export const isFixedPrecision = (precision: Precision): boolean =>
  typeof precision === "number" || precision.endsWith("g");

/** The power of ten of a number's first digit. */
const exponentOf = (magnitude: number): number => {
  const near = Math.floor(Math.log10(magnitude));
  return magnitude >= 10 ** (near + 1) ? near + 1 : magnitude < 10 ** near ? near - 1 : near;
};

/**
 * Half a unit of the last digit that a number is said to have; undefined where that is not said. A 0 of significant digits is exact. Of a power of
 * ten, which may have been rounded up to it, numbers below are as close as those above or closer.
 */
export const fixedError = (precision: Precision | undefined, value: number): number | undefined => {
  if (typeof precision === "number") return 0.5 / 10 ** precision;
  if (precision === undefined || !isFixedPrecision(precision)) return undefined;
  const digits = Number.parseInt(precision, 10);
  return value === 0 ? 0 : 0.5 * 10 ** (exponentOf(Math.abs(value)) - digits + 1);
};

/** Most digits that JavaScript prints. */
const mostDigits = 100;

/** What prints of a number when so many decimals, or significant digits, are asked for; undefined where that is not said. */
const printedAs = (precision: Precision, value: number): string | undefined => {
  if (typeof precision === "number") return precision > mostDigits ? undefined : value.toFixed(precision);
  return isFixedPrecision(precision) ? value.toPrecision(Number.parseInt(precision, 10)) : undefined;
};

/**
 * What was found and expected of a number that is none with so many decimals or significant digits, neither as float64 nor as float32: the
 * precision is not that of the file.
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
  if (typeof given === "string" && /^([1-9]|1[0-7])g$/.test(given)) return;
  throw new RangeflowFailure(
    problem(
      "--precision",
      valueText(given),
      "auto, exact, printed, a number of decimals such as 4, or of significant digits such as 6g",
    ),
  );
};
