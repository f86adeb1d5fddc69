import { failure } from "./source.ts";
import type { Statistic } from "./statisticBatch.ts";

/** The refusal of a row whose statistic is told by a column of its own, too. */
export const twoValues = (place: string, name: string, statistic: Statistic): Error =>
  failure(
    place,
    `${statistic} in a column and by the name "${name}"`,
    "one value",
    "leave one of both columns out, or import a table without it",
  );
