/** @file How options are written by a user, so that errors can use the same form. */
import { type Problem, problem } from "./errors.ts";
import { expectedName } from "./nearest.ts";
import type { Options } from "./options.ts";

/** The error for each mistake in given options. */
export interface Spelling {
  readonly unknown: (name: string, names: readonly string[]) => Problem;
  readonly twice: (name: string) => Problem;
  readonly wrong: (name: string, value: string | undefined, expected: string) => Problem;
  readonly missing: (name: string, declared: Options) => Problem;
}

/**
 * Options after a name, as in `inHindsight:decay=0.95,lo=-1`.
 *
 * @param where what is being configured, e.g. `--gradient-range`
 * @param of the name that they follow
 */
export const inText = (where: string, of: string): Spelling => ({
  unknown: (name, names) =>
    problem(
      where,
      `option "${name}" of ${of}`,
      names.length === 0 ? "no options" : expectedName(name, names, names.join(" or ")),
    ),
  twice: (name) => problem(where, `${name} given twice for ${of}`, `${name} once`),
  wrong: (name, value, expected) =>
    problem(where, `${of}:${name}${value === undefined ? "" : `=${value}`}`, `${name}=.. with ${expected}`),
  missing: (name, declared) =>
    problem(
      where,
      `${of} without ${name}`,
      `${of}:${Object.entries(declared)
        .filter(([, option]) => option.default === undefined && option.optional !== true)
        .map(([needed]) => `${needed}=..`)
        .join(",")}`,
    ),
});

/** The command-line flag of an option: `--learning-rate` for `learningRate`. */
export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;

/**
 * Options as command-line flags, as in `--width 0.5`.
 *
 * @param of what has the options, e.g. `./mine.ts`
 */
export const asFlags = (of: string): Spelling => ({
  unknown: (name, names) =>
    problem(
      flagOf(name),
      `an option that ${of} does not have`,
      names.length === 0 ? "no options" : expectedName(flagOf(name), names.map(flagOf)),
    ),
  twice: (name) => problem(flagOf(name), "given twice", "a single value"),
  wrong: (name, value, expected) =>
    problem(flagOf(name), value === undefined || value === "" ? "no value" : value, expected),
  missing: (name, declared) =>
    problem(of, `no ${flagOf(name)}`, `${flagOf(name)} ..: ${declared[name]?.help ?? ""}`),
});
