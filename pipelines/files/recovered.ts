/** @file Recovery from damaged files. */
import { RangeflowFailure } from "../../core/errors.ts";

/** The result of a call, or of `otherwise` if it throws a `RangeflowFailure`. Other errors are bugs and are rethrown. */
export const recovered = <A, B>(act: () => A, otherwise: (failure: RangeflowFailure) => B): A | B => {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof RangeflowFailure)) throw error;
    return otherwise(error);
  }
};
