/** @file Runs of a sweep that have failed, as its store knows them. */
import { RangeflowFailure } from "../../core/errors.ts";
import type { Documents } from "../stores/store.ts";
import { readFailure } from "./jobDocument.ts";

/** Error messages of failed runs, by run name. Documents that are damaged are left out. */
export const failedRunsOf = async (documents: Documents): Promise<ReadonlyMap<string, string>> => {
  const failures = new Map<string, string>();
  for (const job of await documents.list("failed"))
    try {
      const failure = await readFailure(documents, job);
      if (failure !== undefined) failures.set(failure.name, failure.message);
    } catch (error) {
      if (!(error instanceof RangeflowFailure)) throw error;
    }
  return failures;
};
