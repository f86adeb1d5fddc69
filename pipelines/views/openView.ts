/** @file The view of a run that goes on: its fold, its epochs, and all that is small, each with the version in which it changed. */

import { type RunFold, runFold } from "./runFold.ts";
import type { EpochView, RunView } from "./runView.ts";
import type { ViewChanges, ViewHead } from "./viewChanges.ts";

export interface OpenView extends Pick<RunFold, "endVersion"> {
  readonly fold: RunFold;
  readonly addEpoch: (epoch: EpochView) => void;
  /** Changes what is no number of a step or an epoch, such as the facts of the run. */
  readonly setHead: (change: Partial<ViewHead>) => void;
  readonly name: () => string;
  /** A copy of the view as it is now. */
  readonly view: () => RunView;
  /** What has changed after a version; undefined where all has to be taken anew. */
  readonly changesSince: (version: number) => ViewChanges | undefined;
}

/**
 * The view of a run that has not begun.
 *
 * @param name as the page calls it
 * @param mostFor as `runFold` takes it
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
