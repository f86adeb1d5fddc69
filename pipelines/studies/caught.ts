/** @file Failures as values, to report several together. */
import * as E from "fp-ts/lib/Either.js";
import { type RangeflowError, RangeflowFailure } from "../../core/errors.ts";

/** Result of a call, or the problems that it failed with. */
export const caught = async <T>(
  call: () => T | Promise<T>,
): Promise<E.Either<readonly RangeflowError[], T>> => {
  try {
    return E.right(await call());
  } catch (error) {
    if (error instanceof RangeflowFailure) return E.left(error.problems);
    throw error;
  }
};
