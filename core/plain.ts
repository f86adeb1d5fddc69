/** @file Plain data: values that are the same wherever they are written down. */

/** A value that JSON holds. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

/** Fields that JSON holds; one that is `undefined` is not there. */
export type PlainFields = Readonly<Record<string, Plain | undefined>>;

const isList = (value: Plain): value is readonly Plain[] => Array.isArray(value);

/**
 * The text of a value: others have others, also those that JSON writes alike, such as infinities and NaN. Fields go by their names,
 * whatever order they were given in.
 *
 * @example
 * import { plainText } from "rangeflow/core";
 *
 * plainText({ size: 3, ends: [-0, Infinity] }); // "{ends: [-0, Infinity], size: 3}"
 */
export const plainText = (value: Plain | PlainFields): string => {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? String(value);
  if (isList(value as Plain)) return `[${(value as readonly Plain[]).map(plainText).join(", ")}]`;
  const fields = Object.entries(value as PlainFields)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${name}: ${plainText(field as Plain)}`);
  return `{${fields.join(", ")}}`;
};
