import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";

/**
 * Refuses values that are no path of a directory. An empty text would mean the working directory.
 *
 * @param where name of the function that was called, for the message
 * @throws `RangeflowFailure`
 */
export const checkDirectory = (where: string, dir: unknown): void => {
  if (typeof dir !== "string" || dir === "")
    throw new RangeflowFailure(
      problem(where, valueText(dir), 'the path of a directory, such as "runs/mine"', '"." is this one'),
    );
};
