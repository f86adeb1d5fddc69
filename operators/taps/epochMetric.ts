/** @file Metrics of a whole evaluation: data is gathered batch by batch, and the metric is computed after the last one. */
import { isPromise } from "../../core/eventual.ts";
import { handedTo, handingTo } from "../../core/readsOnly.ts";
import type { HostTensor } from "../../core/tensor.ts";
import type { Scope } from "../module/module.ts";
import type { Context } from "../step/context.ts";
import { metricCall, metricNumber } from "./metricCall.ts";
import type { EpochMetric } from "./outputMetric.ts";

/**
 * Defines a metric of a whole evaluation. Returns its argument; TypeScript infers that `compute` receives what `gather` returns.
 *
 * @example
 * import { elements, epochMetric } from "rangeflow";
 *
 * // F1 of class 1 of two, by the larger logit
 * const f1 = epochMetric({
 *   name: "F1",
 *   better: "higher",
 *   gather: (output, target) => {
 *     const y = elements(output);
 *     const counts = { both: 0, either: 0 };
 *     (target as Int32Array).forEach((label, n) => {
 *       const told = y[2 * n + 1]! > y[2 * n]! ? 1 : 0;
 *       counts.both += told * label;
 *       counts.either += told + label;
 *     });
 *     return counts;
 *   },
 *   compute: (batches) => {
 *     const sum = (of: "both" | "either") => batches.reduce((all, counts) => all + counts[of], 0);
 *     return (2 * sum("both")) / sum("either");
 *   },
 * });
 * f1.compute([{ both: 3, either: 4 }, { both: 0, either: 4 }]); // 0.75
 */
export const epochMetric = <T>(metric: EpochMetric<T>): EpochMetric<T> => metric;

/** Data gathered in the current evaluation. */
export interface Gathering {
  /** Discards the data, at the start of an evaluation. */
  readonly forget: () => void;
  readonly add: (output: HostTensor, ctx: Context) => void;
  /** Emits the metrics, and discards the data. */
  readonly end: (ctx: Context) => void;
}

/** Gathers the data of several metrics; metrics with the same `gather` function share it. */
export const gathering = (metrics: readonly EpochMetric[], watch: Scope["watch"]): Gathering => {
  const all = metrics.map((metric) => ({
    ...metric,
    calls: metricCall(metric.name, watch),
    handed: handingTo(metric.gather),
  }));
  const first = all.filter(({ gather }, i) => all.findIndex((one) => one.gather === gather) === i);
  const gathered = new Map<EpochMetric["gather"], unknown[]>();
  const forget = (): void => {
    for (const { gather } of first) gathered.set(gather, []);
  };
  forget();
  return {
    forget,
    add: (output, ctx) => {
      for (const { gather, calls, handed } of first) {
        const given: unknown = calls.call(ctx, "a function from output and target to what is gathered", () =>
          gather(...handed(output, ctx.target)),
        );
        if (isPromise(given)) throw calls.refuse(ctx, given, "the gathered value, not a promise of it");
        gathered.get(gather)?.push(given);
      }
    },
    end: (ctx) => {
      const { step, emit } = ctx;
      for (const [i, { name, gather, compute, calls }] of all.entries()) {
        const batches = gathered.get(gather) ?? [];
        // The last metric that shares them may have them.
        const isShared = all.slice(i + 1).some((other) => other.gather === gather);
        const value = metricNumber(calls, ctx, "a function from all that was gathered to a number", () =>
          compute(isShared ? handedTo(compute, batches) : batches),
        );
        emit({ _tag: "Metric", step, name, value, samples: 1, training: false });
      }
      forget();
    },
  };
};
