import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../core/errors.ts";

/** The sentences that something fails with, each in a line. */
export const failureOf = async (act: Promise<unknown> | (() => unknown)): Promise<string> => {
  try {
    await (typeof act === "function" ? act() : act);
  } catch (error) {
    assert.instance(error, RangeflowFailure);
    return (error as RangeflowFailure).message;
  }
  return assert.unreachable("expected a failure") as never;
};
