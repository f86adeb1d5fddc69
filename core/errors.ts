/**
 * @file What can be wrong with what was asked for, and the sentence that says so.
 *
 * Three kinds, three places: something impossible was asked for (these values, in an `Either`, before a batch flows);
 * the run did something noteworthy (a `Fault` signal); we made a mistake (a thrown error that starts "internal:").
 */

import { usableRange } from "./range.ts";

export type QuantError =
  | { readonly _tag: "BitsOutOfRange"; readonly site: string; readonly bits: number }
  | { readonly _tag: "BadRange"; readonly site: string; readonly lo: number; readonly hi: number };

/** Anything else: where, what was found, what was expected, what to try. */
export interface Problem {
  readonly _tag: "Problem";
  readonly where: string;
  readonly found: string;
  readonly expected: string;
  readonly hint?: string;
}

export type RangeflowError = QuantError | Problem;

export const problem = (where: string, found: string, expected: string, hint?: string): Problem => ({
  _tag: "Problem",
  where,
  found,
  expected,
  ...(hint === undefined ? {} : { hint }),
});

/** One sentence for a person: where, what was found, what was expected, what to try. */
export const describe = (e: RangeflowError): string => {
  switch (e._tag) {
    case "BitsOutOfRange":
      return `${e.site}: bits is ${e.bits}, expected an integer from 2 to 8, or 32 for float32.`;
    case "BadRange":
      return `${e.site}: the range [${e.lo}, ${e.hi}], expected ${usableRange}; check the estimator.`;
    case "Problem":
      return `${e.where}: ${e.found}, expected ${e.expected}${e.hint === undefined ? "" : `; ${e.hint}`}.`;
  }
};

/** Ends a stream, or a command, with problems that a person can act on; never shown with a stack trace. */
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

/** What was thrown, in one line: anything may be, also what throws when it is looked at. */
export const thrownText = (error: unknown): string => {
  try {
    return quoted(String(error instanceof Error ? error.message : error)) || "an error without a message";
  } catch {
    return "something that cannot be read";
  }
};

/** A value of somebody else's, in one line: JSON where it has any. */
export const valueText = (value: unknown): string => {
  if (Array.isArray(value) && value.length > longestQuote) return `an array of ${value.length}`;
  try {
    return quoted(JSON.stringify(value) ?? String(value));
  } catch {
    return typeof value === "object" ? "an object that is no JSON" : quoted(String(value));
  }
};

/**
 * What a function of somebody else's has thrown, as a failure that says where; what was thrown is its cause. One of ours stays as it is.
 *
 * @param where the function, and the moment at which it was called
 * @param expected what it should have done
 */
export const thrownBy = (where: string, error: unknown, expected: string): RangeflowFailure => {
  if (error instanceof RangeflowFailure) return error;
  const found = `threw ${thrownText(error)}`;
  return Object.assign(new RangeflowFailure(problem(where, found, expected)), { cause: error });
};

/** A mistake of ours; the message starts with "internal:". */
export const internal = (message: string): Error => new Error(`internal: ${message}`);
