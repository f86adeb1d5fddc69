/** @file Changes in the view of a run in progress since a version, and how to apply them. */
import { type ColumnsChange, changedColumns } from "./buckets.ts";
import {
  type EpochView,
  learningFolds,
  type RunView,
  type SiteFactsView,
  type SiteHistogram,
  type SiteView,
  siteFolds,
} from "./runView.ts";

/** Changes at one site. */
export interface SiteChange {
  /** Index of the site. */
  readonly index: number;
  /** Present if the site is new. */
  readonly facts?: SiteFactsView;
  readonly columns?: ColumnsChange;
  /** Histograms after the first `histogramsBefore`. */
  readonly histograms?: readonly SiteHistogram[];
  readonly histogramsBefore?: number;
}

/** Changes in a fold. They contain new values, so that a change may be applied again, or after a later one. */
export interface FoldChanges {
  readonly steps: number;
  readonly width: number;
  readonly learning?: ColumnsChange;
  readonly sites: readonly SiteChange[];
}

type FoldView = Pick<RunView, "steps" | "width" | "learning" | "sites">;

/** The folded part of a view after a change. */
export const withFoldChanges = (view: FoldView, { steps, width, learning, sites }: FoldChanges): FoldView => {
  const count = Math.ceil(steps / width);
  const changes = new Map(sites.map((change) => [change.index, change]));
  const added = sites.filter(({ index }) => index >= view.sites.length).length;
  return {
    steps,
    width,
    learning: changedColumns(learningFolds, view.learning, learning, count),
    sites: Array.from({ length: view.sites.length + added }, (_, i): SiteView => {
      const before = view.sites[i];
      const change = changes.get(i);
      const { histograms = [], histogramsBefore = 0 } = change ?? {};
      return {
        ...(before ?? change!.facts!),
        columns: changedColumns(siteFolds, before?.columns, change?.columns, count),
        histograms:
          histograms.length > 0
            ? [...(before?.histograms ?? []).slice(0, histogramsBefore), ...histograms]
            : (before?.histograms ?? []),
      };
    }),
  };
};

/** Everything in a view except the numbers of steps and epochs. */
export type ViewHead = Omit<RunView, keyof FoldView | "epochs">;

/** Changes in a view. Like those of a fold they may be applied again. */
export interface ViewChanges {
  /** Present if anything in it has changed. */
  readonly head?: ViewHead;
  /** Epochs after the first `epochsBefore`. */
  readonly epochs?: readonly EpochView[];
  readonly epochsBefore?: number;
  readonly fold: FoldChanges;
}

/** Whether changes are empty. */
export const isNothing = ({ head, epochs, fold }: ViewChanges): boolean =>
  !head && !epochs && !fold.learning && fold.sites.length === 0;

/** A view after a change. */
export const withChanges = (
  view: RunView,
  { head, epochs = [], epochsBefore = view.epochs.length, fold }: ViewChanges,
): RunView => {
  const { steps, width, learning, sites, epochs: before, ...same } = view;
  return {
    ...(head ?? same),
    epochs: [...before.slice(0, epochsBefore), ...epochs],
    ...withFoldChanges({ steps, width, learning, sites }, fold),
  };
};
