/** @file Whether a value is what a comment in an example says. */
import { inspect } from "node:util";
import * as E from "fp-ts/lib/Either.js";
import * as O from "fp-ts/lib/Option.js";
import { isObservable, lastValueFrom, toArray } from "rxjs";

const tolerance = 1e-6;

const isAlike = (value: unknown, expected: unknown): boolean => {
  if (typeof value === "number" && typeof expected === "number")
    return (
      Object.is(value, expected) || Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected))
    );
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return isAlike([...(value as unknown as Iterable<number>)], expected);
  if (typeof value !== "object" || typeof expected !== "object" || value === null || expected === null)
    return Object.is(value, expected);
  const [own, wanted] = [value, expected].map((object) =>
    Object.entries(object).filter(([, of]) => of !== undefined),
  ) as [[string, unknown][], [string, unknown][]];
  return (
    Array.isArray(value) === Array.isArray(expected) &&
    own.length === wanted.length &&
    wanted.every(([name, of]) => isAlike((value as Record<string, unknown>)[name], of))
  );
};

const settled = async (value: unknown): Promise<unknown> =>
  isObservable(value) ? lastValueFrom(value.pipe(toArray())) : value;

/** @throws an error that says where, if the value is not what the comment says, or the comment says no value */
export const isValue = async (where: string, given: unknown, comment: string): Promise<void> => {
  const value = await settled(await given);
  let expected: unknown;
  try {
    expected = new Function("right", "left", "some", "none", `return (${comment});`)(
      E.right,
      E.left,
      O.some,
      O.none,
    );
  } catch {
    throw new Error(`${where}: "// ${comment}" is no value; remarks stand on lines of their own`);
  }
  if (!isAlike(value, expected))
    throw new Error(`${where}: ${inspect(value, { depth: 6, breakLength: Infinity })}, and not ${comment}`);
};
