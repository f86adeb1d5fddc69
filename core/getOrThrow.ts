/** @file From `Either` to exceptions. */
import * as E from "fp-ts/lib/Either.js";
import { type RangeflowError, RangeflowFailure } from "./errors.ts";

const isOne = (left: RangeflowError | readonly RangeflowError[]): left is RangeflowError =>
  !Array.isArray(left);

/**
 * The right value of an `Either`.
 *
 * @throws `RangeflowFailure` with all problems of a left one
 */
export const getOrThrow = <T>(either: E.Either<RangeflowError | readonly RangeflowError[], T>): T => {
  if (E.isRight(either)) return either.right;
  throw new RangeflowFailure(...(isOne(either.left) ? [either.left] : either.left));
};
