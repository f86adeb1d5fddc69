/** @file Runs of a study that are done, with the numbers that a spec says. */
import type { Better } from "../../../operators/taps/outputMetric.ts";
import type { RunDoneEvent } from "../../../pipelines/studies/events.ts";

type Which = Pick<RunDoneEvent, "cell" | "settings" | "seed">;

interface Numbers {
  readonly score: number;
  readonly best?: number;
  readonly metric?: string;
  readonly better?: Better;
  readonly seconds?: number;
  /** Bytes moved for activations; undefined where nothing is quantized. */
  readonly moved?: number | undefined;
}

export const doneRun = (
  { cell, settings, seed }: Which,
  { score, best = score, metric = "accuracy", better = "higher", seconds = 1, moved }: Numbers,
): RunDoneEvent => ({
  ...{ event: "run", run: `cell${cell},seed=${seed}`, cell, settings, seed, status: "done", before: false },
  done: {
    ...{ event: "done", metric, better, score, bestScore: best, testImages: 1000, seconds },
    ...{ imagesPerSecond: 1000, engine: "simd", backend: "wasm", staticSites: 1, dynamicSites: 0 },
    ...{ products: [], faults: 0, accumulators: [], weightsSha256: "", out: null },
    roles:
      moved === undefined
        ? []
        : [
            {
              ...{ role: "activation", staticSites: 1, dynamicSites: 0, clippedShare: 0 },
              ...{ movedStatically: moved, movedDynamically: 0, bytesSaved: 0 },
            },
          ],
  },
});
