/** @file Things that have a name and options, such as `inHindsight:decay=0.95`, as the command line and tables know them. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { realIn, wholeIn } from "../../core/numberText.ts";

interface OptionBase {
  readonly name: string;
  readonly summary: string;
}

/** An option that is a number; without a default it must be given, and NaN as default stands for none. */
export interface NumberOption extends OptionBase {
  readonly default?: number;
  readonly least: number;
  readonly most: number;
  /** Only whole numbers. */
  readonly isWhole?: boolean;
}

/** An option that is one of a few words; the first is the default. */
export interface ChoiceOption extends OptionBase {
  readonly choices: readonly [string, ...string[]];
}

export type NamedOption = NumberOption | ChoiceOption;

export type OptionValues = Readonly<Record<string, number | string>>;

/** What a name stands for, and what there is to say about it. */
export interface Entry<T> {
  readonly name: string;
  readonly summary: string;
  /** The paper or code that it follows; empty where there is none. */
  readonly source: string;
  readonly options: readonly NamedOption[];
  readonly make: (options: OptionValues) => T;
}

/** A number of the options; its entry says that it is one. */
export const numberOf = (options: OptionValues, name: string): number => options[name] as number;

/** A number that need not be given, as a property that need not be there. */
export const givenNumber = <K extends string>(
  options: OptionValues,
  name: K,
): { readonly [_ in K]?: number } => {
  const value = numberOf(options, name);
  return (Number.isNaN(value) ? {} : { [name]: value }) as { readonly [_ in K]?: number };
};

const isChoice = (option: NamedOption): option is ChoiceOption => "choices" in option;

export const expectedOf = (option: NamedOption): string =>
  isChoice(option)
    ? option.choices.join(" or ")
    : `a ${option.isWhole ? "whole " : ""}number from ${option.least} to ${option.most}`;

export const defaultOf = (option: NamedOption): number | string | undefined =>
  isChoice(option) ? option.choices[0] : option.default;

const valueIn = (option: NamedOption, text: string): number | string | undefined => {
  if (isChoice(option)) return option.choices.find((choice) => choice === text);
  const number = option.isWhole ? wholeIn(text) : realIn(text);
  return number >= option.least && number <= option.most ? number : undefined;
};

const optionsIn = <T>(
  where: string,
  entry: Entry<T>,
  text: string | undefined,
): E.Either<Problem, OptionValues> => {
  const values: Record<string, number | string> = {};
  const { name: kind, options } = entry;
  const optionNames = options.map((option) => option.name);
  for (const part of text?.split(",") ?? []) {
    const [name, ...rest] = part.split("=") as [string, ...string[]];
    const option = options.find((candidate) => candidate.name === name);
    if (!option)
      return E.left(
        problem(
          where,
          `option "${name}" of ${kind}`,
          options.length === 0 ? "no options" : expectedName(name, optionNames, optionNames.join(" or ")),
        ),
      );
    if (Object.hasOwn(values, name)) return E.left(problem(where, `${kind}:${text}`, `${name} once`));
    const value = valueIn(option, rest.join("="));
    if (value === undefined)
      return E.left(problem(where, `${kind}:${part}`, `${name}=.. with ${expectedOf(option)}`));
    values[name] = value;
  }
  for (const option of options) {
    const fallback = defaultOf(option);
    if (values[option.name] === undefined && fallback === undefined)
      return E.left(
        problem(
          where,
          `${kind} without ${option.name}`,
          `${kind}:${options.map((o) => `${o.name}=..`).join(",")}`,
        ),
      );
    values[option.name] ??= fallback as number | string;
  }
  for (const [low, high] of [
    ["lo", "hi"],
    ["low", "high"],
  ] as const) {
    const [lower, upper] = [Number(values[low]), Number(values[high])];
    if (Number.isNaN(lower) !== Number.isNaN(upper) || lower > upper)
      return E.left(problem(where, `${kind}:${text}`, `both ends, with ${low} <= ${high}`));
  }
  return E.right(values);
};

/**
 * What a text such as `inHindsight:decay=0.95` stands for.
 *
 * @param kind what is looked for, e.g. `estimator`
 * @param orPath what else could have been named, for the sentence
 * @param where what is being configured, e.g. `--gradient-range`; used in errors only
 */
export const parseNamed =
  <T>(kind: string, entries: readonly Entry<T>[], orPath = `, or a path such as ./my-${kind}.ts`) =>
  (where: string) =>
  (text: string): E.Either<Problem, T> => {
    const [name, ...rest] = text.split(":") as [string, ...string[]];
    const names = entries.map((candidate) => candidate.name);
    const entry = entries.find((candidate) => candidate.name === name);
    if (!entry)
      return E.left(
        problem(where, `${kind} "${name}"`, expectedName(name, names, `one of ${names.join(", ")}${orPath}`)),
      );
    return E.map(entry.make)(optionsIn(where, entry, rest.length > 0 ? rest.join(":") : undefined));
  };
