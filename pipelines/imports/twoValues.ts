import { failure } from "./source.ts";
import type { Statistic } from "./statisticBatch.ts";

/** Failure for a row whose statistic also has a column of its own. */
export const twoValues = (place: string, name: string, statistic: Statistic): Error =>
  failure(
    place,
    `${statistic} in a column and by the name "${name}"`,
    "one value",
    "leave one of both columns out, or import a table without it",
  );
