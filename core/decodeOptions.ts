/** @file Values of declared options, decoded from user input. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, valueText } from "./errors.ts";
import type { Spelling } from "./optionSpelling.ts";
import { expectedOf, type Options, type OptionValue, readOption, type Values } from "./options.ts";

/** Options as given, in order. A name that occurs twice is refused. */
export type GivenPairs = readonly (readonly [name: string, value: unknown])[];

/**
 * Decodes the values of declared options.
 *
 * @param given pairs of name and value, where values may be texts
 * @param spelling how the options were written, for errors: `inText` or `asFlags`
 * @returns `Left` of all errors: unknown names, names given twice, invalid values, and missing required options
 * @example
 * import { asFlags, decode, options } from "rangeflow/core";
 *
 * const declared = options({ width: { type: "number", default: 1, least: 0, help: "multiplies channels" } });
 * decode(declared, [["width", "0.5"]], asFlags("./mine.ts")); // right({ width: 0.5 })
 */
export const decode = <D extends Options>(
  declared: D,
  given: GivenPairs,
  spelling: Spelling,
): E.Either<readonly Problem[], Values<D>> => {
  const problems: Problem[] = [];
  const values = new Map<string, OptionValue>();
  const seen = new Set<string>();
  for (const [name, value] of given) {
    const option = Object.hasOwn(declared, name) ? declared[name] : undefined;
    if (option === undefined) {
      problems.push(spelling.unknown(name, Object.keys(declared)));
      continue;
    }
    if (seen.has(name)) problems.push(spelling.twice(name));
    seen.add(name);
    const read = readOption(option, value);
    if (read === undefined) {
      const text = typeof value === "string" || value === undefined ? value : valueText(value);
      problems.push(spelling.wrong(name, text, expectedOf(option)));
    } else values.set(name, read);
  }
  for (const [name, option] of Object.entries(declared)) {
    if (seen.has(name)) continue;
    if (option.default === undefined && option.optional !== true)
      problems.push(spelling.missing(name, declared));
    values.set(name, option.default);
  }
  return problems.length > 0
    ? E.left(problems)
    : E.right(Object.fromEntries(Object.keys(declared).map((name) => [name, values.get(name)])) as Values<D>);
};
