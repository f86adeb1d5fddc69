/** @file Codecs of single settings, given as values or as texts; the name of a codec is what its error says was expected. */
import * as t from "io-ts";
import { realIn, wholeIn } from "../../core/numberText.ts";

/** A number as it is, or the one that `read` finds in a text; NaN for anything else. */
export const numeric = (u: unknown, read: (text: string) => number): number => {
  if (typeof u === "number") return u;
  return typeof u === "string" ? read(u) : Number.NaN;
};

/** A codec from a reader that returns undefined for what it does not accept; `expected` is what the error says. */
export const codec = <T>(
  expected: string,
  read: (u: unknown) => T | undefined,
): t.Type<T, unknown, unknown> =>
  new t.Type<T, unknown, unknown>(
    expected,
    (u): u is T => read(u) !== undefined,
    (u, context) => {
      const value = read(u);
      return value === undefined ? t.failure(u, context, expected) : t.success(value);
    },
    (value) => value,
  );

const number =
  (read: (text: string) => number) =>
  (expected: string, isValid: (x: number) => boolean): t.Type<number, unknown, unknown> =>
    codec(expected, (u) => {
      const x = numeric(u, read);
      return isValid(x) ? x : undefined;
    });

export const real = number(realIn);

export const count = (least: number): t.Type<number, unknown, unknown> =>
  number(wholeIn)(`an integer from ${least}`, (x) => Number.isSafeInteger(x) && x >= least);

export const oneOf = <T extends string>(
  ...names: readonly T[]
): t.Type<T, unknown, unknown> & { readonly names?: readonly string[] } =>
  Object.assign(
    codec(`one of ${names.join(", ")}`, (u) => names.find((name) => name === u)),
    { names },
  );

export const flag: t.Type<boolean, unknown, unknown> = codec("true or false", (u) =>
  u === true || u === "true" ? true : u === false || u === "false" ? false : undefined,
);

/**
 * Comma-separated numbers, one per channel, as a text; empty for none.
 *
 * @param expected what the error says
 */
export const channels = (
  expected: string,
  isValid: (x: number) => boolean,
): t.Type<string, unknown, unknown> =>
  codec(expected, (u) => {
    const said = typeof u === "number" ? String(u) : u;
    return typeof said === "string" && (said === "" || said.split(",").map(realIn).every(isValid))
      ? said
      : undefined;
  });

export const text: t.Type<string, unknown, unknown> = codec("a text", (u) =>
  typeof u === "string" ? u : undefined,
);
export const texts: t.Type<readonly string[], unknown, unknown> = codec("texts", (u) =>
  Array.isArray(u) && u.every((x) => typeof x === "string") ? (u as readonly string[]) : undefined,
);
