/** @file Calls of functions that may be user code: estimators, projections, weight transforms, learned ranges. */
import { problem, RangeflowFailure, thrownBy } from "../../core/errors.ts";
import type { Scope } from "../module/module.ts";

/**
 * Calls a user's function at a step, and checks its result.
 *
 * @param expected what the function should return, for the error
 * @param wrong what is wrong with the result, for the error; `undefined` if nothing is
 * @throws `RangeflowFailure` naming site, step and function, if the function throws or its result is wrong
 */
export type Foreign = <T>(
  step: number,
  expected: string,
  call: () => T,
  wrong?: (given: T) => string | undefined,
) => T;

const isOurs = (error: unknown): boolean => error instanceof Error && error.message.startsWith("internal:");

/** Makes the calls of one function. @param who the function, e.g. `quantizer luq` */
export const foreign = ({ watch }: Pick<Scope, "watch">, site: string, who: string): Foreign => {
  const watched = watch(`${site}, ${who}`);
  return (step, expected, call, wrong) => {
    const where = `${site}, step ${step}`;
    let given: ReturnType<typeof call>;
    let found: string | undefined;
    try {
      given = watched(step, call);
      found = wrong?.(given);
    } catch (error) {
      if (isOurs(error)) throw error;
      throw thrownBy(`${where}, ${who}`, error, expected);
    }
    if (found !== undefined) throw new RangeflowFailure(problem(where, `${who} gave ${found}`, expected));
    return given;
  };
};

/** Whether all numbers are finite: x - x is 0 for all but NaN and infinities. */
const areFinite = (x: Float32Array): boolean => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] as number) - (x[i] as number);
  return sum === 0;
};

/** What is wrong with a result that should have one number per element of `x`, finite if all of `x` is; `undefined` if nothing is. */
export const notNumbers = (given: unknown, x: Float32Array, what: string): string | undefined => {
  if (!(given instanceof Float32Array)) return `${what} that are not a Float32Array`;
  if (given.length !== x.length) return `${given.length} ${what} for ${x.length}`;
  if (areFinite(given) || !areFinite(x)) return undefined;
  const at = given.findIndex((value) => !Number.isFinite(value));
  return `${given[at]} at place ${at} of its ${what}`;
};

/** What is wrong with an optional array of `size` bytes; `undefined` if nothing is. */
export const notBytes = (given: unknown, size: number, what: string): string | undefined =>
  given === undefined || (given instanceof Int8Array && given.length === size)
    ? undefined
    : `${what} that are not an Int8Array of ${size}`;
