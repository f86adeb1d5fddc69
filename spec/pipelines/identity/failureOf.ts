import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";

/** The sentence that something fails with. */
export const failureOf = async (act: Promise<unknown>): Promise<string> => {
  try {
    await act;
  } catch (error) {
    assert.instance(error, RangeflowFailure);
    return (error as RangeflowFailure).message;
  }
  return assert.unreachable("expected a failure") as never;
};
