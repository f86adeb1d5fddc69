/** @file Bounds of plain values that code gives: what a value has to be, in words and as a test. */
import { type Problem, problem, RangeflowFailure, valueText } from "./errors.ts";

export interface Bound {
  /** What the value has to be, for a sentence. */
  readonly expected: string;
  readonly holds: (x: unknown) => boolean;
}

const number = (expected: string, isValid: (x: number) => boolean): Bound => ({
  expected,
  holds: (x) => Number.isFinite(x) && isValid(x as number),
});

export const positive = number("a positive number", (x) => x > 0);
export const notNegative = number("a number that is not negative", (x) => x >= 0);
/** A share, or the weight of the past. */
export const unit = number("a number from 0 to less than 1", (x) => x >= 0 && x < 1);

/** A place in a run, which its ends are none of. */
export const between = number("a number between 0 and 1", (x) => x > 0 && x < 1);

export const countFrom = (least: number): Bound => ({
  expected: `an integer from ${least}`,
  holds: (x) => Number.isSafeInteger(x) && (x as number) >= least,
});

export const oneOf = (...names: readonly string[]): Bound => ({
  expected: `one of ${names.join(", ")}`,
  holds: (x) => names.some((name) => name === x),
});

/** A value that may be left out. */
export const optional = ({ expected, holds }: Bound): Bound => ({
  expected,
  holds: (x) => x === undefined || holds(x),
});

/** An array of values within a bound. */
export const arrayOf = ({ expected, holds }: Bound): Bound => ({
  expected: `an array, each element ${expected}`,
  holds: (x) => Array.isArray(x) && x.every(holds),
});

/** Values of an object that are out of their bounds; `where` stands in front of their names. */
export const outOfBounds = (
  where: string,
  given: object,
  bounds: Readonly<Record<string, Bound>>,
): readonly Problem[] =>
  Object.entries(bounds).flatMap(([name, { expected, holds }]) => {
    const value = (given as Readonly<Record<string, unknown>>)[name];
    return holds(value) ? [] : [problem(`${where}${name}`, valueText(value ?? "nothing"), expected)];
  });

/** @throws `RangeflowFailure` of all values of an object that are out of their bounds */
export const checkBounds = (where: string, given: object, bounds: Readonly<Record<string, Bound>>): void => {
  const problems = outOfBounds(`${where}, `, given, bounds);
  if (problems.length > 0) throw new RangeflowFailure(...problems);
};
