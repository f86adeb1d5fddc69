import { filter, map, type OperatorFunction } from "rxjs";
import type { RangeStat } from "../../core/range.ts";
import type { Signal } from "../../core/signal.ts";

/**
 * The statistics that the estimator of one site observes, from a live or recorded stream of signals. Tensors that are empty, all
 * zero or not finite are left out, because estimators do not see them.
 *
 * @example
 * const dataset = glyphs({ train: 100, test: 10 });
 * const batches = trainBatches(dataset, { batch: 50, seed: 1 });
 * const scope = scopeFor({ engine: simd(), shape: dataset.shape });
 * const network = build(sequential(quantized(dense)("dense1", { units: 10 }), crossEntropy()), scope);
 * const stepOf = (step: number) => beginStep(scope.engine, batches.make(step), { step, training: true });
 * const ends$ = runBatches({ to: 2 }, stepOf)(network.layer).pipe(at("dense1/input"), map(({ min }) => min));
 * ends$; // [-0.9817538, -0.9817538]
 */
export const at =
  (site: string): OperatorFunction<Signal, RangeStat> =>
  (signals$) =>
    signals$.pipe(
      filter((signal) => signal._tag === "RangeSeen"),
      filter((seen) => seen.site === site && seen.verdict === "observed"),
      map(({ stat }) => stat),
    );
