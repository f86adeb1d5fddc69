/** @file From `Either` to exceptions, where what is wrong ends what was asked for. */
import * as E from "fp-ts/lib/Either.js";
import { type RangeflowError, RangeflowFailure } from "./errors.ts";

const isOne = (left: RangeflowError | readonly RangeflowError[]): left is RangeflowError =>
  !Array.isArray(left);

/**
 * Right value of an `Either`.
 *
 * @throws `RangeflowFailure` of everything that its left one says
 */
export const getOrThrow = <T>(either: E.Either<RangeflowError | readonly RangeflowError[], T>): T => {
  if (E.isRight(either)) return either.right;
  throw new RangeflowFailure(...(isOne(either.left) ? [either.left] : either.left));
};
