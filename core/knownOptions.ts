/**
 * @file Checks for unknown options. The compiler finds them too, but not in JavaScript or behind a cast, where a
 *   misspelt option would have no effect.
 */
import { type Problem, problem, RangeflowFailure, valueText } from "./errors.ts";
import { isRecord } from "./guards.ts";
import { expectedName } from "./nearest.ts";

/** Names of all options of a type. The compiler refuses an incomplete list. */
export type OptionNames<T> = Readonly<Record<keyof T, true>>;

/** All unknown names among options. A value that is not an object is an error of its own. */
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

/** All unknown names among options of a known type. */
export const unknownOptions = <T extends object>(
  where: string,
  options: T,
  known: OptionNames<NoInfer<T>>,
): readonly Problem[] => unknownNames(where, options, Object.keys(known));

/**
 * Returns the options if all of their names are known.
 *
 * @param where what the options are for, e.g. `optimizers.sgd`; used in errors only
 * @throws `RangeflowFailure` listing all unknown names, with the most similar known ones
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
