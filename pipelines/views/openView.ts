/** @file View of a run in progress: its fold, its epochs and its other data, each with the version in which it last changed. */

import { type RunFold, runFold } from "./runFold.ts";
import type { EpochView, RunView } from "./runView.ts";
import type { ViewChanges, ViewHead } from "./viewChanges.ts";

/** View of a run in progress. */
export interface OpenView extends Pick<RunFold, "endVersion"> {
  readonly fold: RunFold;
  readonly addEpoch: (epoch: EpochView) => void;
  /** Changes data other than those of steps and epochs, such as the facts of the run. */
  readonly setHead: (change: Partial<ViewHead>) => void;
  readonly name: () => string;
  /** A copy of the current view. */
  readonly view: () => RunView;
  /** Changes after a version; undefined if the whole view is needed. */
  readonly changesSince: (version: number) => ViewChanges | undefined;
}

/**
 * View of a run that has not begun.
 *
 * @param name name on the page
 * @param mostFor number of buckets, as in `runFold`
 */
export const openView = (name: string, mostFor: (sites: number) => number): OpenView => {
  const folded = runFold(mostFor);
  let head: ViewHead = { name, state: "open", facts: [], counterfactuals: [], missing: [] };
  let epochs: readonly { readonly epoch: EpochView; readonly version: number }[] = [];
  let version = 1;
  let headVersion = 1;
  const setHead = (change: Partial<ViewHead>): void => {
    head = { ...head, ...change };
    headVersion = version;
  };
  return {
    fold: {
      ...folded,
      addSqnr: (ratio) => {
        if (head.sqnrFrom === undefined) setHead({ sqnrFrom: "run" });
        folded.addSqnr(ratio);
      },
    },
    addEpoch: (epoch) => {
      epochs = [...epochs, { epoch, version }];
    },
    setHead,
    name: () => head.name,
    view: () => ({ ...head, epochs: epochs.map(({ epoch }) => epoch), ...folded.view() }),
    endVersion: () => {
      const ended = folded.endVersion();
      version = ended + 1;
      return ended;
    },
    changesSince: (after) => {
      const fold = folded.changesSince(after);
      if (fold === undefined) return undefined;
      const added = epochs.filter((one) => one.version > after).map(({ epoch }) => epoch);
      return {
        ...(headVersion > after && { head }),
        ...(added.length > 0 && { epochs: added, epochsBefore: epochs.length - added.length }),
        fold,
      };
    },
  };
};
