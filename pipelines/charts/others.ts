/** @file Other estimators that a run was replayed into, and their colours in charts. */
import { type Counterfactual, ownRanges, type RunView } from "../views/runView.ts";

/** Colours that differ from those of observed values and of the run's own ranges. A page may set others for dark backgrounds. */
const otherColours = [
  "var(--rf-other-1, #00796b)",
  "var(--rf-other-2, #7b3fb0)",
  "var(--rf-other-3, #c2186b)",
  "var(--rf-other-4, #7a6a00)",
  "var(--rf-other-5, #0068a8)",
] as const;

/** Names of the estimators that a run was replayed into. */
export const othersOf = ({ counterfactuals }: Pick<RunView, "counterfactuals">): readonly string[] => [
  ...new Set(counterfactuals.map(({ estimator }) => estimator).filter((name) => name !== ownRanges)),
];

/** A counterfactual with its colour. */
export interface Other extends Counterfactual {
  readonly colour: string;
}

/** Ranges of other estimators at a site. */
export const othersAt = (run: Pick<RunView, "counterfactuals">, site: string): readonly Other[] => {
  const names = othersOf(run);
  return run.counterfactuals
    .filter((one) => one.site === site && one.estimator !== ownRanges)
    .map((one) => ({ ...one, colour: otherColours[names.indexOf(one.estimator) % otherColours.length]! }));
};

/** What histograms say about the run's own ranges at a site, if others were replayed as well. */
export const ownFits = (run: Pick<RunView, "counterfactuals">, site: string): Counterfactual | undefined =>
  run.counterfactuals.find((one) => one.site === site && one.estimator === ownRanges);
