/** @file Addresses of the runs of a page of several, such as `#run=seed=1`: links, bookmarks and the way back of the browser. */
import type { RunView } from "../views/runView.ts";
import { allRuns } from "./look.ts";

/** Address of a run by its name; any text may be one. */
export const runAddress = (name: string): string => `#run=${encodeURIComponent(name)}`;

/** Address of the comparison of all runs. */
export const comparisonAddress = "#runs";

/** Place of the run that an address names; that of all runs for their comparison, and undefined for the address of anything else. */
export const runAt = (hash: string, runs: readonly RunView[]): number | undefined => {
  if (hash === "" || hash === comparisonAddress) return allRuns;
  const name = new URLSearchParams(hash.slice(1)).get("run");
  const run = runs.findIndex((one) => one.name === name);
  return run < 0 ? undefined : run;
};
