/** @file What can be had where files may be damaged. */
import { RangeflowFailure } from "../../core/errors.ts";

/** What an act gives, or what is made of the `RangeflowFailure` that it ends with; any other error is a fault of the program, and is thrown on. */
export const recovered = <A, B>(act: () => A, otherwise: (failure: RangeflowFailure) => B): A | B => {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof RangeflowFailure)) throw error;
    return otherwise(error);
  }
};
