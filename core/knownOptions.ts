/** @file Options that nobody knows. The compiler tells of them, but JavaScript and casts do without it, and a misspelt option would go unnoticed. */
import { type Problem, problem, RangeflowFailure, valueText } from "./errors.ts";
import { isRecord } from "./guards.ts";
import { expectedName } from "./nearest.ts";

/** Names of all options of a type; the compiler refuses a list that is not whole. */
export type OptionNames<T> = Readonly<Record<keyof T, true>>;

/** Everything that is wrong with the names of options; a value that is no object has none. */
export const unknownNames = (where: string, given: unknown, known: readonly string[]): readonly Problem[] =>
  !isRecord(given)
    ? [problem(where, `options ${valueText(given)}`, `an object with ${known.join(", ")}`)]
    : Object.keys(given)
        .filter((name) => !known.includes(name))
        .map((name) =>
          problem(
            where,
            `an unknown option ${name}`,
            known.length === 0 ? "no options" : expectedName(name, known),
            "check its spelling",
          ),
        );

/** Everything that is wrong with the names of options that have a type. */
export const unknownOptions = <T extends object>(
  where: string,
  options: T,
  known: OptionNames<NoInfer<T>>,
): readonly Problem[] => unknownNames(where, options, Object.keys(known));

/**
 * The options themselves, if all their names are known.
 *
 * @param where what the options are of, such as `optimizers.sgd`
 * @throws `RangeflowFailure` of all names that are not, with those that are nearest to them
 * @example
 * import { knownOptions } from "rangeflow/core";
 *
 * interface Blur { readonly radius?: number }
 * const blur = (options: Blur = {}): number => knownOptions("blur", options, { radius: true }).radius ?? 1;
 * blur({ radius: 2 }); // 2
 */
export const knownOptions = <T extends object>(
  where: string,
  options: T,
  known: OptionNames<NoInfer<T>>,
): T => {
  const problems = unknownOptions(where, options, known);
  if (problems.length > 0) throw new RangeflowFailure(...problems);
  return options;
};
