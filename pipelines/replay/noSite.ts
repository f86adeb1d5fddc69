import { problem, RangeflowFailure } from "../../core/errors.ts";

/** Failure for a pattern of `--site` that matches no recorded site. */
export const noSite = (pattern: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      "--site",
      `no site matches "${pattern}"`,
      "a pattern of recorded sites",
      "rangeflow replay DIR lists them",
    ),
  );
