/**
 * @file Errors, and the sentences that describe them.
 *
 * There are three kinds. Something impossible was asked for: a value in an `Either`, before the first batch. Something
 * noteworthy happened in a run: a `Fault` signal. This package has a bug: a thrown error whose message starts with
 * "internal:".
 */

import { usableRange } from "./range.ts";

/** A grid that cannot exist: bits outside 2 to 8, or a range that is not usable (`isUsable`). */
export type QuantError =
  | { readonly _tag: "BitsOutOfRange"; readonly site: string; readonly bits: number }
  | { readonly _tag: "BadRange"; readonly site: string; readonly lo: number; readonly hi: number };

/** Any other error: where it is, what was found, what was expected, and what to try. */
export interface Problem {
  readonly _tag: "Problem";
  /** The setting, file, site or function, and the step if there is one. */
  readonly where: string;
  /** What was found. */
  readonly found: string;
  /** What was expected. */
  readonly expected: string;
  /** What to try. */
  readonly hint?: string;
}

/** Everything that can be wrong with a request. */
export type RangeflowError = QuantError | Problem;

/**
 * Makes an error as a value. `describe` turns it into the sentence "where: found, expected expected; hint."
 *
 * @param where the setting, file, site or function, and the step if there is one
 * @param hint what to try
 * @example
 * describe(problem("conv1", "padding is -1", "an integer that is not negative")); // "conv1: padding is -1, expected an integer that is not negative."
 */
export const problem = (where: string, found: string, expected: string, hint?: string): Problem => ({
  _tag: "Problem",
  where,
  found,
  expected,
  ...(hint === undefined ? {} : { hint }),
});

/** Any error as a `Problem`. */
const asProblem = (e: RangeflowError): Problem => {
  switch (e._tag) {
    case "BitsOutOfRange":
      return problem(e.site, `bits is ${e.bits}`, "an integer from 2 to 8, or 32 for float32");
    case "BadRange":
      return problem(e.site, `the range [${e.lo}, ${e.hi}]`, usableRange, "check the estimator");
    case "Problem":
      return e;
  }
};

/** The sentence that describes an error: where, what was found, what was expected, what to try. */
export const describe = (e: RangeflowError): string => {
  const { where, found, expected, hint } = asProblem(e);
  return `${where}: ${found}, expected ${expected}${hint === undefined ? "" : `; ${hint}`}.`;
};

/**
 * Exception for errors that the user can fix. It ends a stream or a command; the command line prints its sentences
 * without a stack trace.
 *
 * @example
 * const failure = new RangeflowFailure(problem("conv1", "padding is -1", "an integer that is not negative"));
 * failure.message; // "conv1: padding is -1, expected an integer that is not negative."
 */
export class RangeflowFailure extends Error {
  readonly problems: readonly RangeflowError[];

  constructor(...problems: readonly RangeflowError[]) {
    super(problems.map(describe).join("\n"));
    this.name = "RangeflowFailure";
    this.problems = problems;
  }
}

/** Largest number of characters quoted from a foreign message or value. */
const longestQuote = 500;

/** A text on one line, shortened if it is too long. */
const quoted = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > longestQuote ? `${line.slice(0, longestQuote)} ..` : line;
};

/** Message of a thrown value, on one line. Anything may be thrown, even objects that throw when they are read. */
export const thrownText = (error: unknown): string => {
  try {
    return quoted(String(error instanceof Error ? error.message : error)) || "an error without a message";
  } catch {
    return "something that cannot be read";
  }
};

/**
 * The problems of a thrown `RangeflowFailure`, possibly one from a second copy of this package, each with the user's
 * file added in front. `undefined` for any other thrown value.
 *
 * @param file the file, and the line if it is known
 */
export const problemsIn = (file: string, error: unknown): readonly Problem[] | undefined => {
  try {
    const { name, problems } = error as RangeflowFailure;
    if (name !== "RangeflowFailure") return undefined;
    return problems.map(asProblem).map((one) => ({ ...one, where: `${file}, ${one.where}` }));
  } catch {
    return undefined;
  }
};

/** A value from outside as text on one line of at most 500 characters; as JSON if possible. */
export const valueText = (value: unknown): string => {
  // NaN and infinities have no JSON.
  if (typeof value === "number") return String(value);
  if (Array.isArray(value) && value.length > longestQuote) return `an array of ${value.length}`;
  try {
    return quoted(JSON.stringify(value) ?? String(value));
  } catch {
    return typeof value === "object" ? "an object that is no JSON" : quoted(String(value));
  }
};

/**
 * Failure that says which user function has thrown, with the thrown value as its cause. A `RangeflowFailure` is
 * returned unchanged.
 *
 * @param where the function, and when it was called
 * @param expected what the function should do
 */
export const thrownBy = (where: string, error: unknown, expected: string): RangeflowFailure => {
  if (error instanceof RangeflowFailure) return error;
  const found = `threw ${thrownText(error)}`;
  return Object.assign(new RangeflowFailure(problem(where, found, expected)), { cause: error });
};

/** Error for a bug in this package; its message starts with "internal:". */
export const internal = (message: string): Error => new Error(`internal: ${message}`);
