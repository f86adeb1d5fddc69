/** @file Declared options as text: for help, for tables, and after a name. */
import { expectedOf, type Option, type Options, type OptionValue } from "./options.ts";

/** An option as written after a name, with its default if it has one: `decay=0.9`. */
export const optionText = (name: string, option: Option): string =>
  option.default === undefined ? name : `${name}=${option.default}`;

/** Options as a text: `decay=0.9,lo,hi`. */
export const optionsText = (declared: Options): string =>
  Object.entries(declared)
    .map(([name, option]) => optionText(name, option))
    .join(",");

/** Help text of an option: what it does, its valid values, and its default. */
export const optionHelp = (option: Option): string => {
  const fallback =
    option.default === undefined ? (option.optional ? " [none]" : " (required)") : ` [${option.default}]`;
  return `${option.help}: ${expectedOf(option)}${fallback}`;
};

/**
 * A name with the options that differ from their defaults, as the command line writes it: `inHindsight:decay=0.5`.
 *
 * @param of the name; if empty, no options are added
 */
export const optionedName = (
  of: string,
  declared: Options,
  values: Readonly<Record<string, unknown>>,
): string => {
  const parts = Object.keys(declared)
    .filter((name) => values[name] !== declared[name]?.default)
    .map((name) => `${name}=${values[name]}`);
  return parts.length === 0 || of === "" ? of : `${of}:${parts.join(",")}`;
};

/** Values as written after a name: `decay=0.9,lo=-1`. `undefined` values are omitted. */
export const valuesText = (values: Readonly<Record<string, OptionValue>>): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
