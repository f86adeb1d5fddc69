/** @file Checks of the options that a user's file declares, whose types may not have been checked. */
import { type Problem, problem, thrownText, valueText } from "./errors.ts";
import { isRecord } from "./guards.ts";
import { expectedName } from "./nearest.ts";
import { flagOf } from "./optionSpelling.ts";
import { expectedOf, type Option, readOption } from "./options.ts";

const types: readonly Option["type"][] = ["number", "integer", "boolean", "choice", "text"];

/** The error in one option, and what is expected instead; `undefined` if there is none. */
const wrongIn = (option: unknown): readonly [found: string, expected: string] | undefined => {
  if (!isRecord(option))
    return [valueText(option), 'an object such as { type: "number", default: 1, help: ".." }'];
  const { type, help, choices, least, most, optional } = option;
  if (typeof type !== "string" || !types.includes(type as Option["type"]))
    return [`type ${valueText(type)}`, expectedName(String(type), types)];
  if (typeof help !== "string") return [`help ${valueText(help)}`, "a text that says what it does"];
  for (const [name, bound] of Object.entries({ least, most }))
    if (bound !== undefined && (typeof bound !== "number" || Number.isNaN(bound)))
      return [`${name} ${valueText(bound)}`, "a number"];
  if (typeof least === "number" && typeof most === "number" && least > most)
    return [`least ${least} above most ${most}`, "least <= most"];
  const isWords =
    Array.isArray(choices) && choices.length > 0 && choices.every((one) => typeof one === "string");
  if (type === "choice" && !isWords) return [`choices ${valueText(choices)}`, "an array of words"];
  if (option.default === undefined) return undefined;
  if (optional === true) return ["both a default and optional", "one of the two"];
  return readOption(option as unknown as Option, option.default) === option.default
    ? undefined
    : [`default ${valueText(option.default)}`, expectedOf(option as unknown as Option)];
};

const problemsOf = (of: string, declared: unknown, taken: readonly string[]): readonly Problem[] => {
  if (!isRecord(declared))
    return [problem(of, `options ${valueText(declared)}`, "an object with an option for each name")];
  const flags = new Map<string, string>();
  return Object.entries(declared).flatMap(([name, option]) => {
    const where = `${of}, option "${name}"`;
    const flag = flagOf(name);
    const other = flags.get(flag);
    flags.set(flag, name);
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name))
      return [problem(where, "an invalid name", "a letter, then letters and digits, such as maxLength")];
    if (other !== undefined)
      return [
        problem(
          where,
          `the flag ${flag}, which option "${other}" has too`,
          "a different flag for each option",
        ),
      ];
    if (taken.some((one) => flagOf(one) === flag))
      return [
        problem(
          where,
          `the flag ${flag}, which the commands already have`,
          "another name",
          "it would hide theirs",
        ),
      ];
    const wrong = wrongIn(option);
    return wrong === undefined ? [] : [problem(where, ...wrong)];
  });
};

/**
 * All errors in the options that a file declares. Reading them may throw.
 *
 * @param of the file, e.g. `./fold.ts`; used in errors only
 * @param taken names that are not allowed, because they are used otherwise in the same place
 */
export const declarationProblems = (
  of: string,
  declared: unknown,
  taken: readonly string[] = [],
): readonly Problem[] => {
  try {
    return problemsOf(of, declared, taken);
  } catch (error) {
    return [problem(of, `options that throw ${thrownText(error)}`, "options that can be read")];
  }
};
