/**
 * @file Errors of what was asked for, and the sentences that report them.
 *
 * There are three kinds. A user error is a value, returned in an `Either` before the first batch, or thrown as a `RangeflowFailure`. A
 * noteworthy event of a run is a `Fault` signal. A bug of this package is an `Error` whose message starts with "internal:".
 *
 * A sentence of a user error names the place and says what was found, what was expected, and what to try. Most are a `problem`:
 * "found" is a noun ("4 scales for 3 channels") or a predicate of the place ("cannot be written"), and "expected" completes the word
 * "expected". Options that exclude or require each other are a `conflict`, a path with nothing there is `missing`.
 */

import { usableRange } from "./range.ts";

/** An impossible grid: a width outside 2 to 8 bits, or a range that is not usable (`isUsable`). */
export type QuantError =
  | { readonly _tag: "BitsOutOfRange"; readonly site: string; readonly bits: number }
  | { readonly _tag: "BadRange"; readonly site: string; readonly lo: number; readonly hi: number };

/** A value other than the expected one. Its sentence: "where: found, expected this; hint." */
export interface Mismatch {
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

/** An option or input that cannot be used in this combination. Its sentence: "where predicate; hint." */
export interface Conflict {
  readonly _tag: "Conflict";
  /** The option or input, the subject of the sentence. */
  readonly where: string;
  /** The rest of the sentence, such as "has no effect without --resume". */
  readonly predicate: string;
  /** What to try. */
  readonly hint?: string;
}

/** A user error with a place and its own words. */
export type Problem = Mismatch | Conflict;

/** Any user error. */
export type RangeflowError = QuantError | Problem;

/** A hint as a field, absent if there is none. */
const hinted = (hint: string | undefined): { readonly hint?: string } => (hint === undefined ? {} : { hint });

/**
 * A value other than the expected one, as an error value.
 *
 * @param where the setting, file, site or function, and the step if there is one
 * @param found a noun or a predicate of `where`, such as "padding is -1"
 * @param expected what completes "expected", such as "a positive integer"
 * @param hint what to try
 * @example
 * describe(problem("conv1", "padding is -1", "an integer that is not negative")); // "conv1: padding is -1, expected an integer that is not negative."
 */
export const problem = (where: string, found: string, expected: string, hint?: string): Mismatch => ({
  _tag: "Problem",
  where,
  found,
  expected,
  ...hinted(hint),
});

/**
 * Options or inputs that cannot be combined, as an error value.
 *
 * @param where one of them, the subject of the sentence
 * @param predicate the rest of the sentence: a verb, and what `where` excludes or requires
 * @param hint what to try
 * @example
 * describe(conflict("--trust", "has no effect without --resume", "leave it out")); // "--trust has no effect without --resume; leave it out."
 */
export const conflict = (where: string, predicate: string, hint?: string): Conflict => ({
  _tag: "Conflict",
  where,
  predicate,
  ...hinted(hint),
});

/**
 * A path with nothing there, as an error value.
 *
 * @param path the file or directory, as its user gave it
 * @param expected what should be there, such as "the directory of a run"
 * @param hint what to try. Default: "check the path"
 * @example
 * describe(missing("runs/a", "the directory of a run")); // "runs/a: no such file or directory, expected the directory of a run; check the path."
 */
export const missing = (path: string, expected: string, hint = "check the path"): Mismatch =>
  problem(path, "no such file or directory", expected, hint);

/** Any user error, as a `Problem`. */
const asProblem = (e: RangeflowError): Problem => {
  switch (e._tag) {
    case "BitsOutOfRange":
      return problem(e.site, `bits is ${e.bits}`, "an integer from 2 to 8, or 32 for float32");
    case "BadRange":
      return problem(e.site, `the range [${e.lo}, ${e.hi}]`, usableRange, "check the estimator");
    case "Problem":
    case "Conflict":
      return e;
  }
};

/** The sentence of a user error. */
export const describe = (e: RangeflowError): string => {
  const one = asProblem(e);
  const sentence =
    one._tag === "Conflict"
      ? `${one.where} ${one.predicate}`
      : `${one.where}: ${one.found}, expected ${one.expected}`;
  return `${sentence}${one.hint === undefined ? "" : `; ${one.hint}`}.`;
};

/**
 * Ends a stream or a command with user errors; its message has one sentence a line. Commands print it without a stack trace.
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

/** Characters quoted of a thrown message or of a given value; the rest is cut off. */
const longestQuote = 500;

/** A text in one line of at most `longestQuote` characters. */
const quoted = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > longestQuote ? `${line.slice(0, longestQuote)} ..` : line;
};

/** Message of a thrown value, in one line. Accepts any value, even one whose message cannot be read. */
export const thrownText = (error: unknown): string => {
  try {
    return quoted(String(error instanceof Error ? error.message : error)) || "an error without a message";
  } catch {
    return "a value that cannot be read";
  }
};

/**
 * Problems of a `RangeflowFailure` that a user's file has thrown, each with the file in front of its place. The failure may come from a
 * second copy of this package. Undefined if anything else was thrown.
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

/** A value from outside, in one line of at most 500 characters: as JSON if it has such a form. */
export const valueText = (value: unknown): string => {
  // JSON has neither NaN nor infinities.
  if (typeof value === "number") return String(value);
  if (Array.isArray(value) && value.length > longestQuote) return `an array of ${value.length}`;
  try {
    return quoted(JSON.stringify(value) ?? String(value));
  } catch {
    return typeof value === "object" ? "an object without a JSON form" : quoted(String(value));
  }
};

/**
 * Failure of a user's function that has thrown; the thrown value is its cause. A `RangeflowFailure` is returned as it is.
 *
 * @param where the function, and when it was called
 * @param expected what it should have done
 */
export const thrownBy = (where: string, error: unknown, expected: string): RangeflowFailure => {
  if (error instanceof RangeflowFailure) return error;
  const found = `threw ${thrownText(error)}`;
  return Object.assign(new RangeflowFailure(problem(where, found, expected)), { cause: error });
};

/** Error of a bug in this package; the message starts with "internal:". */
export const internal = (message: string): Error => new Error(`internal: ${message}`);
