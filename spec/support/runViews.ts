/** @file Views of runs made up for specs of what is drawn: any number of sites and steps, with numbers that follow from both. */
import type { Role } from "../../core/signal.ts";
import { runFold } from "../../pipelines/views/runFold.ts";
import type { EpochView, RunView } from "../../pipelines/views/runView.ts";
import type { SiteRow } from "../../pipelines/views/siteRow.ts";

export interface MadeUp {
  readonly name?: string;
  readonly sites?: readonly string[];
  readonly steps?: number;
  readonly epochs?: number;
  /** Numbers of a row that differ from those of a tensor of [-1, 1] in a range that just fits. */
  readonly row?: (site: string, step: number) => Partial<SiteRow>;
  readonly loss?: (step: number) => number;
  /** What differs in the view from that of a run that has not ended. */
  readonly change?: Partial<RunView>;
}

/** The role that the last word of a path tells. */
export const roleIn = (site: string): Role =>
  site.endsWith("gradient") ? "gradient" : site.endsWith("weight") ? "weight" : "activation";

const epochOf = (epoch: number, steps: number): EpochView => ({
  ...{ event: "epoch", epoch, steps, loss: 2 / epoch, testLoss: 2.5 / epoch, metric: "accuracy" },
  ...{ trainScore: 1 - 0.5 / epoch, testScore: 1 - 0.6 / epoch, learningRate: 0.1, imagesPerSecond: 1000 },
});

/** A run as it would be read, with one bucket for a step up to 256 steps. */
export const madeUp = ({
  name = "a run",
  sites = ["conv1/input", "conv1/weight", "conv1/gradient"],
  steps = 60,
  epochs = 3,
  row = () => ({}),
  loss = (step) => 2 / (1 + step),
  change = {},
}: MadeUp = {}): RunView => {
  const fold = runFold(() => 256);
  for (let step = 0; step < steps; step++) {
    fold.addStep({ step, loss: loss(step), learningRate: 0.1 });
    for (const site of sites)
      fold
        .site(site, () => ({
          site,
          role: roleIn(site),
          estimator: site.endsWith("weight") ? "currentMinMax" : "inHindsight",
          ...{ bits: 8, scheme: "affine" },
        }))
        .add({
          ...{ step, observed: true, min: -1, max: 1, lo: -1, hi: 1, count: 1000, nonFinite: 0, clipped: 0 },
          ...{ bytesMoved: 5000, bytesSaved: 4000, isStatic: true },
          ...row(site, step),
        });
  }
  return {
    ...{ name, state: "open", facts: [["model", "lenet5"]], counterfactuals: [], missing: [] },
    epochs: Array.from({ length: epochs }, (_, i) => epochOf(i + 1, Math.round(((i + 1) * steps) / epochs))),
    ...fold.view(),
    ...change,
  };
};
