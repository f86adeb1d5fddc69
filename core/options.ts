/**
 * @file Options of a method, a recipe or an experiment, declared as plain data beside its function.
 *
 * A declaration states type, bounds, default and help once. The values that `decode` returns (`core/decodeOptions.ts`)
 * have the types that follow from it.
 */
import { problem, RangeflowFailure, valueText } from "./errors.ts";
import { unknownNames } from "./knownOptions.ts";
import { realIn, wholeIn } from "./numberText.ts";

interface Declared<T> {
  /** One line for the user: what it does, and its unit. */
  readonly help: string;
  /** Value if none is given. An option without a default is required, unless it is `optional`. */
  readonly default?: T;
  /** Whether it may be omitted although it has no default; its value is then `undefined`. Default: false. */
  readonly optional?: boolean;
}

/** A finite number; `integer` for whole ones only. Both bounds are inclusive. */
export interface NumberOption extends Declared<number> {
  readonly type: "number" | "integer";
  /** Smallest valid value. Default: no limit. */
  readonly least?: number;
  /** Largest valid value. Default: no limit. */
  readonly most?: number;
}

/** `true` or `false`. */
export interface BooleanOption extends Declared<boolean> {
  readonly type: "boolean";
}

/** One of a few words. */
export interface ChoiceOption extends Declared<string> {
  readonly type: "choice";
  /** The valid values. */
  readonly choices: readonly string[];
}

/** Any text. */
export interface TextOption extends Declared<string> {
  readonly type: "text";
}

/** A declared option of any type. */
export type Option = NumberOption | BooleanOption | ChoiceOption | TextOption;

/** Options by name, in the order in which help lists them. */
export type Options = Readonly<Record<string, Option>>;

type Plain<O> = O extends { readonly type: "number" | "integer" }
  ? number
  : O extends { readonly type: "boolean" }
    ? boolean
    : O extends { readonly type: "choice"; readonly choices: readonly (infer C)[] }
      ? C
      : O extends { readonly type: "text" }
        ? string
        : never;

/** A value of any option; `undefined` for an optional one that was omitted. */
export type OptionValue = number | boolean | string | undefined;

/**
 * The values of declared options, as `make` receives them: `{ decay: { type: "number", .. } }` gives `{ decay: number
 * }`, and `number | undefined` if the option is optional.
 */
export type Values<D extends Options> = {
  readonly [K in keyof D]: string extends K
    ? OptionValue
    : D[K] extends { readonly optional: true }
      ? Plain<D[K]> | undefined
      : Plain<D[K]>;
};

type Needed<D extends Options> = {
  [K in keyof D]: string extends K
    ? never
    : D[K] extends { readonly default: unknown } | { readonly optional: true }
      ? never
      : K;
}[keyof D];

/** Values given in code for declared options; those with a default and optional ones may be omitted. */
export type Given<D extends Options> = {
  readonly [K in keyof D as K extends Needed<D> ? never : K]?: Plain<D[K]> | undefined;
} & { readonly [K in keyof D as K extends Needed<D> ? K : never]: Plain<D[K]> };

/**
 * Declares options: one constant beside the function they are for, used by its entry and for its defaults.
 *
 * @example
 * import { options, withDefaults } from "rangeflow/core";
 *
 * const declared = options({ decay: { type: "number", default: 0.9, least: 0, most: 1, help: "weight of the past" } });
 * withDefaults(declared, {}).decay; // 0.9
 */
export const options = <const D extends Options>(declared: D): D => declared;

/** The valid values of an option, for a sentence: `a number from 0 to 1`. */
export const expectedOf = (option: Option): string => {
  switch (option.type) {
    case "number":
    case "integer": {
      const { type, least, most } = option;
      const kind = type === "integer" ? "an integer" : "a number";
      const from = least === undefined ? "" : ` from ${least}`;
      return `${kind}${from}${most === undefined ? "" : `${from === "" ? " up" : ""} to ${most}`}`;
    }
    case "boolean":
      return "true or false";
    case "choice":
      return option.choices.join(" or ");
    case "text":
      return "a text";
  }
};

/** The value of an option, from a text or from the value itself; `undefined` if it is not valid. */
export const readOption = (option: Option, given: unknown): OptionValue => {
  switch (option.type) {
    case "number":
    case "integer": {
      const { type, least = -Number.MAX_VALUE, most = Number.MAX_VALUE } = option;
      const read = type === "integer" ? wholeIn : realIn;
      const number = typeof given === "string" ? read(given) : typeof given === "number" ? given : Number.NaN;
      const isOf = type === "number" || Number.isSafeInteger(number);
      return isOf && number >= least && number <= most ? number : undefined;
    }
    case "boolean":
      return given === true || given === "true"
        ? true
        : given === false || given === "false"
          ? false
          : undefined;
    case "choice":
      return option.choices.find((choice) => choice === given);
    case "text":
      return typeof given === "string" ? given : undefined;
  }
};

const wrongIn = (
  name: string,
  option: Option,
  value: unknown,
): readonly [found: string, expected: string] | undefined => {
  if (value === undefined)
    return option.default !== undefined || option.optional
      ? undefined
      : [`no ${name}`, `${name}: ${expectedOf(option)}`];
  return readOption(option, value) === value
    ? undefined
    : [`${name} ${valueText(value)}`, expectedOf(option)];
};

/**
 * The values of options given in code, completed by defaults.
 *
 * @param of what declares them, for errors
 * @throws `RangeflowFailure` listing all errors: undeclared names, and invalid values
 */
export const withDefaults = <D extends Options>(declared: D, given: Given<D>, of = "options"): Values<D> => {
  const known = new Map<string, unknown>(Object.entries(given ?? {}));
  const problems = [
    ...unknownNames(of, given, Object.keys(declared)),
    ...Object.entries(declared).flatMap(([name, option]) => {
      const wrong = wrongIn(name, option, known.get(name));
      return wrong === undefined ? [] : [problem(of, ...wrong)];
    }),
  ];
  if (problems.length > 0) throw new RangeflowFailure(...problems);
  return Object.fromEntries(
    Object.entries(declared).map(([name, option]) => [name, known.get(name) ?? option.default]),
  ) as Values<D>;
};
