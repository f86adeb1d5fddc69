/**
 * @file JSON with all float64 values: the codec of everything that a run writes as JSON, to files and to the terminal.
 *
 *     Infinity    "Infinity"
 *     -Infinity   "-Infinity"
 *     NaN         "NaN"
 *     -0          "-0"
 *
 * A text that reads like one of these, with or without leading backslashes, gets one more backslash. The names are those of Protocol
 * Buffers' JSON; Python's `float` and JavaScript's `Number` read them.
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
 * @param space indentation. Default: none; the text is one line
 */
export const encodeJson = (value: unknown, space?: number): string => JSON.stringify(value, written, space);

/** The value of a JSON text, or why it is invalid. */
export const decodeJson = (text: string): E.Either<string, unknown> =>
  E.tryCatch(() => JSON.parse(text, read) as unknown, reasonOf);
