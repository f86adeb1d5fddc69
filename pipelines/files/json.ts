/**
 * @file JSON that knows every number: the one codec of whatever a run writes as JSON, in files and on the terminal.
 *
 *     Infinity    "Infinity"
 *     -Infinity   "-Infinity"
 *     NaN         "NaN"
 *     -0          "-0"
 *
 * A text that reads like one of these, with or without backslashes before it, gets one backslash more. The names of the numbers
 * are those of the JSON of Protocol Buffers, and Python's `float` and JavaScript's `Number` read them.
 */
import * as E from "fp-ts/lib/Either.js";
import { reasonOf } from "./fileErrors.ts";

const numbers: ReadonlyMap<string, number> = new Map([
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["NaN", Number.NaN],
  ["-0", -0],
]);

const alike = /^\\*(?:-?Infinity|NaN|-0)$/;

const written = (_: string, value: unknown): unknown => {
  if (typeof value === "number") {
    if (Object.is(value, -0)) return "-0";
    return Number.isFinite(value) ? value : String(value);
  }
  return typeof value === "string" && alike.test(value) ? `\\${value}` : value;
};

const read = (_: string, value: unknown): unknown => {
  if (typeof value !== "string" || !alike.test(value)) return value;
  return value.startsWith("\\") ? value.slice(1) : numbers.get(value);
};

/**
 * A value as JSON.
 *
 * @param space of indentation; without it the text has one line
 */
export const encodeJson = (value: unknown, space?: number): string => JSON.stringify(value, written, space);

/** Value that `encodeJson` was given, or why a text is no JSON. */
export const decodeJson = (text: string): E.Either<string, unknown> =>
  E.tryCatch(() => JSON.parse(text, read) as unknown, reasonOf);
