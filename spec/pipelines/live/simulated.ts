/** @file A run for the specs of the live page that is only told: signals of steps, as a network of a few sites emits them. */
import type { RangeSeen, Role, Signal } from "../../../core/signal.ts";
import { signalFold } from "../../../pipelines/live/foldSignal.ts";
import { live, newGeneration, type ShownRun } from "../../../pipelines/live/shownRun.ts";
import type { RunStatus } from "../../../pipelines/views/liveMessage.ts";
import { type OpenView, openView } from "../../../pipelines/views/openView.ts";

const roles: readonly Role[] = ["weight", "activation", "gradient"];

const seen = (site: number, step: number): RangeSeen => {
  const spread = 1 + Math.sin(step / 50 + site);
  return {
    _tag: "RangeSeen",
    site: `layer${site}/${roles[site % 3]}`,
    role: roles[site % 3]!,
    step,
    estimator: "inHindsight",
    stat: {
      ...{ min: -spread, max: spread * 1.5, count: 1000, nonFinite: 0 },
      facts: { bits: 8, scheme: "affine" },
    },
    verdict: step % 97 === 0 ? "zero" : "observed",
    range: { lo: -1, hi: 2 },
    ...{ isStatic: step > 0, clipped: Math.round(10 * spread), bytesMoved: 3000, bytesSaved: 1000 },
  };
};

const metric = (step: number, name: string, value: number, site?: string): Signal => ({
  ...{ _tag: "Metric", step, name, value, samples: 32, training: true },
  ...(site !== undefined && { site }),
});

/** Signals of one training step. */
export const signalsOf = (step: number, sites: number): readonly Signal[] => [
  metric(step, "loss", 3 / (1 + step / 100)),
  ...Array.from({ length: sites }, (_, site) => seen(site, step)),
  ...(step % 100 === 0 ? [metric(step, "sqnr", 20 + (step % 7), `layer0/${roles[0]}`)] : []),
  { _tag: "Updated", step: step + 1, learningRate: 0.1, parameters: sites },
];

export interface Simulated {
  readonly open: OpenView;
  readonly shown: () => ShownRun;
  /** Takes so many more steps. */
  readonly go: (steps: number) => void;
  readonly end: (status: RunStatus) => void;
}

/** @param buckets that its view has */
export const simulated = (sites: number, buckets = 1024): Simulated => {
  const open = openView("simulated", () => buckets);
  const fold = signalFold(open.fold);
  const generation = newGeneration();
  let step = 0;
  let status = live;
  return {
    open,
    shown: () => {
      fold.flush();
      return { open, generation, status };
    },
    go: (steps) => {
      for (const end = step + steps; step < end; step++)
        for (const signal of signalsOf(step, sites)) fold.see(signal);
    },
    end: (last) => {
      status = last;
    },
  };
};
