/** @file Calls of functions that a user may have written: estimators, projections, weight transforms, learned ranges. */
import { problem, RangeflowFailure, thrownBy } from "../../core/errors.ts";
import type { Scope } from "../module/module.ts";

/**
 * Calls a function of somebody else's at a step, and checks what it gave.
 *
 * @param wrong what is wrong with the result, for a sentence; nothing if it is as expected
 * @throws `RangeflowFailure` that names site, step and whose function it is, if it throws or gives something else
 */
export type Foreign = <T>(
  step: number,
  expected: string,
  call: () => T,
  wrong?: (given: T) => string | undefined,
) => T;

const isOurs = (error: unknown): boolean => error instanceof Error && error.message.startsWith("internal:");

/** @param who whose function it is, such as `quantizer luq` */
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

/** Whether all numbers are finite: only NaN and infinities are not 0 when subtracted from themselves. */
const areFinite = (x: Float32Array): boolean => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] as number) - (x[i] as number);
  return sum === 0;
};

/** The fault of one number for each of those given, finite where all of them are; undefined if they are right. */
export const notNumbers = (given: unknown, x: Float32Array, what: string): string | undefined => {
  if (!(given instanceof Float32Array)) return `${what} that are not a Float32Array`;
  if (given.length !== x.length) return `${given.length} ${what} for ${x.length}`;
  if (areFinite(given) || !areFinite(x)) return undefined;
  const at = given.findIndex((value) => !Number.isFinite(value));
  return `${given[at]} at place ${at} of its ${what}`;
};

/** The fault of one byte for each of so many elements; undefined if there are none, or as many. */
export const notBytes = (given: unknown, size: number, what: string): string | undefined =>
  given === undefined || (given instanceof Int8Array && given.length === size)
    ? undefined
    : `${what} that are not an Int8Array of ${size}`;
