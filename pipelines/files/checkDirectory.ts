import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";

/**
 * Refuses what is no path of a directory; the empty text would be the working directory.
 *
 * @param where what was given it, for the sentence
 * @throws `RangeflowFailure`
 */
export const checkDirectory = (where: string, dir: unknown): void => {
  if (typeof dir !== "string" || dir === "")
    throw new RangeflowFailure(
      problem(where, valueText(dir), 'the path of a directory, such as "runs/mine"', '"." is this one'),
    );
};
