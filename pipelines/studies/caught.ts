/** @file Problems as values, where several are to be told at once. */
import * as E from "fp-ts/lib/Either.js";
import { type RangeflowError, RangeflowFailure } from "../../core/errors.ts";

/** Result of a call, or everything that it has failed with. */
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
