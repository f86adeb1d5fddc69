/** @file Plain data: values that JSON can hold. */

/** A value that JSON holds. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

/** Fields that JSON can hold; an `undefined` field counts as absent. */
export type PlainFields = Readonly<Record<string, Plain | undefined>>;

const isList = (value: Plain): value is readonly Plain[] => Array.isArray(value);

/**
 * Canonical text of a value: different values have different texts, even where their JSON is equal, such as infinities
 * and NaN. Fields are sorted by name.
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
