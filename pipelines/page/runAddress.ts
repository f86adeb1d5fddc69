/** @file Addresses of runs on a page with several, such as `#run=seed=1`, for links, bookmarks and the browser's history. */
import type { RunView } from "../views/runView.ts";
import { allRuns } from "./look.ts";

/** Address of a run by its name, which may be any text. */
export const runAddress = (name: string): string => `#run=${encodeURIComponent(name)}`;

/** Address of the comparison of all runs. */
export const comparisonAddress = "#runs";

/** Index of the run in an address, `allRuns` for the comparison, and undefined for other addresses. */
export const runAt = (hash: string, runs: readonly RunView[]): number | undefined => {
  if (hash === "" || hash === comparisonAddress) return allRuns;
  const name = new URLSearchParams(hash.slice(1)).get("run");
  const run = runs.findIndex((one) => one.name === name);
  return run < 0 ? undefined : run;
};
