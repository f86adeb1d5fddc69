/**
 * @file What can be wrong with what was asked for, and the sentence that says so.
 *
 * Three kinds, three places: something impossible was asked for (these values, in an `Either`, before a batch flows);
 * the run did something noteworthy (a `Fault` signal); we made a mistake (a thrown error that starts "internal:").
 */

import { usableRange } from "./range.ts";

/** A grid that cannot be: bits outside 2 to 8, or a range that is not usable (`isUsable`). */
export type QuantError =
  | { readonly _tag: "BitsOutOfRange"; readonly site: string; readonly bits: number }
  | { readonly _tag: "BadRange"; readonly site: string; readonly lo: number; readonly hi: number };

/** Anything else that is wrong: where, what was found, what was expected, what to try. */
export interface Problem {
  readonly _tag: "Problem";
  readonly where: string;
  readonly found: string;
  readonly expected: string;
  readonly hint?: string;
}

/** Everything that can be wrong with what was asked for. */
export type RangeflowError = QuantError | Problem;

/**
 * A problem as a value.
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

/** Anything that can be wrong, as a `Problem`. */
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

/** One sentence for a person: where, what was found, what was expected, what to try. */
export const describe = (e: RangeflowError): string => {
  const { where, found, expected, hint } = asProblem(e);
  return `${where}: ${found}, expected ${expected}${hint === undefined ? "" : `; ${hint}`}.`;
};

/**
 * Ends a stream, or a command, with problems that a person can act on; never shown with a stack trace.
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

/** Characters of what somebody else has thrown, or given, that a sentence has room for. */
const longestQuote = 500;

/** A text in one line that is not too long. */
const quoted = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > longestQuote ? `${line.slice(0, longestQuote)} ..` : line;
};

/** Message of what was thrown, in one line; anything may be thrown, also what throws when it is looked at. */
export const thrownText = (error: unknown): string => {
  try {
    return quoted(String(error instanceof Error ? error.message : error)) || "an error without a message";
  } catch {
    return "something that cannot be read";
  }
};

/**
 * What was wrong, where a user's file has thrown a `RangeflowFailure`, perhaps that of a second copy of this package: each problem with the file in
 * front. Undefined of whatever else was thrown.
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

/** A value from outside, in one line of at most 500 characters: JSON where it has any. */
export const valueText = (value: unknown): string => {
  // NaN and infinities, of which JSON knows nothing.
  if (typeof value === "number") return String(value);
  if (Array.isArray(value) && value.length > longestQuote) return `an array of ${value.length}`;
  try {
    return quoted(JSON.stringify(value) ?? String(value));
  } catch {
    return typeof value === "object" ? "an object that is no JSON" : quoted(String(value));
  }
};

/**
 * Failure that says where a function of a user's has thrown, with what was thrown as its cause; a `RangeflowFailure` stays as it is.
 *
 * @param where the function, and the moment at which it was called
 * @param expected what it should have done
 */
export const thrownBy = (where: string, error: unknown, expected: string): RangeflowFailure => {
  if (error instanceof RangeflowFailure) return error;
  const found = `threw ${thrownText(error)}`;
  return Object.assign(new RangeflowFailure(problem(where, found, expected)), { cause: error });
};

/** Error of a mistake in this package, not of its user; the message starts with "internal:". */
export const internal = (message: string): Error => new Error(`internal: ${message}`);
