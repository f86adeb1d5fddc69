/** @file Bounds on plain values from user code: a description of valid values, and a test. */
import { type Problem, problem, RangeflowFailure, valueText } from "./errors.ts";

/** A description of valid values, and a test for them. */
export interface Bound {
  /** Valid values in words, for an error message. */
  readonly expected: string;
  /** Whether a value is valid. */
  readonly holds: (x: unknown) => boolean;
}

const number = (expected: string, isValid: (x: number) => boolean): Bound => ({
  expected,
  holds: (x) => Number.isFinite(x) && isValid(x as number),
});

/** A number greater than 0. */
export const positive = number("a positive number", (x) => x > 0);
/** A number of 0 or more. */
export const notNegative = number("a number that is not negative", (x) => x >= 0);
/** A fraction, or the weight of the past: [0, 1). */
export const unit = number("a number from 0 to less than 1", (x) => x >= 0 && x < 1);

/** A position in a run, both ends excluded: (0, 1). */
export const between = number("a number between 0 and 1", (x) => x > 0 && x < 1);

/** An integer of at least `least`. */
export const countFrom = (least: number): Bound => ({
  expected: `an integer from ${least}`,
  holds: (x) => Number.isSafeInteger(x) && (x as number) >= least,
});

/** One of some names. */
export const oneOf = (...names: readonly string[]): Bound => ({
  expected: `one of ${names.join(", ")}`,
  holds: (x) => names.some((name) => name === x),
});

/** A value that may be omitted. */
export const optional = ({ expected, holds }: Bound): Bound => ({
  expected,
  holds: (x) => x === undefined || holds(x),
});

/** An array of values within a bound. */
export const arrayOf = ({ expected, holds }: Bound): Bound => ({
  expected: `an array, each element ${expected}`,
  holds: (x) => Array.isArray(x) && x.every(holds),
});

/** The values of an object that are out of bounds. `where` is put in front of their names. */
export const outOfBounds = (
  where: string,
  given: object,
  bounds: Readonly<Record<string, Bound>>,
): readonly Problem[] =>
  Object.entries(bounds).flatMap(([name, { expected, holds }]) => {
    const value = (given as Readonly<Record<string, unknown>>)[name];
    return holds(value) ? [] : [problem(`${where}${name}`, valueText(value ?? "nothing"), expected)];
  });

/** Checks the values of an object. @throws `RangeflowFailure` listing all values out of bounds */
export const checkBounds = (where: string, given: object, bounds: Readonly<Record<string, Bound>>): void => {
  const problems = outOfBounds(`${where}, `, given, bounds);
  if (problems.length > 0) throw new RangeflowFailure(...problems);
};
