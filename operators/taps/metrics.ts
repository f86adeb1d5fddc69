/** @file Metrics of the network's output, measured between the network and its loss. */
import { handingTo } from "../../core/readsOnly.ts";
import { samplesOf } from "../../core/target.ts";
import { type HostTensor, type Shape, sizeOf, tensor } from "../../core/tensor.ts";
import type { Module, Scope } from "../module/module.ts";
import { probed, probeNumbers } from "../module/probe.ts";
import type { Context } from "../step/context.ts";
import { layer } from "../step/op.ts";
import { gathering } from "./epochMetric.ts";
import { metricCall, metricNumber } from "./metricCall.ts";
import { type BatchMetric, isEpochMetric, type OutputMetric } from "./outputMetric.ts";

/** Values for two samples of fixed numbers, with a tensor and with labels as target, because it is not known which it expects. */
const probedMetric = (metric: OutputMetric, shape: Shape): readonly unknown[] => {
  const both: Shape = [2, ...shape];
  const size = sizeOf(both);
  const output = (offset = 0): HostTensor => tensor(probeNumbers(size, offset), both);
  return [output(1), Int32Array.of(0, 1)].map((target) =>
    probed(() =>
      isEpochMetric(metric)
        ? metric.compute([metric.gather(output(), target), metric.gather(output(2), target)])
        : metric.evaluate(output(), target),
    ),
  );
};

/** Measures the metrics of single batches. */
const measuring = (metrics: readonly BatchMetric[], watch: Scope["watch"]) => {
  const all = metrics.map((metric) => ({
    ...metric,
    calls: metricCall(metric.name, watch),
    handed: handingTo(metric.evaluate),
  }));
  return (output: HostTensor, ctx: Context): void => {
    const { step, training, target, emit } = ctx;
    for (const { name, evaluate, calls, handed } of all) {
      const value = metricNumber(calls, ctx, "a function from output and target to a number", () =>
        evaluate(...handed(output, target)),
      );
      emit({ _tag: "Metric", step, name, value, samples: samplesOf(target), training });
    }
  };
};

/**
 * Emits a `Metric` for each metric: a batch metric for every batch, in training and in evaluation; a metric of a whole evaluation
 * after its last batch (`endsPass`). Place it between the network and its loss; the output passes unchanged.
 *
 * @example
 * import { metrics } from "rangeflow/operators";
 * import { elements } from "rangeflow/core";
 *
 * const largest = metrics([
 *   { name: "largest", better: "lower", evaluate: (output) => Math.max(...elements(output)) },
 * ]);
 */
export const metrics = (list: readonly OutputMetric[]): Module =>
  layer("", ({ note, shape, watch }) => {
    for (const metric of list)
      note({
        _tag: "Functions",
        place: `metric ${metric.name}`,
        functions: isEpochMetric(metric) ? [metric.gather, metric.compute] : [metric.evaluate],
        probe: () => probedMetric(metric, shape),
      });
    const ofBatches = list.filter((metric): metric is BatchMetric => !isEpochMetric(metric));
    return {
      kind: "metrics",
      options: {},
      open: () => {
        const measure = measuring(ofBatches, watch);
        const gathered = gathering(list.filter(isEpochMetric), watch);
        return {
          forward: function* (x, ctx) {
            const y = ctx.save(x);
            gathered.forget();
            measure(yield* ctx.read(y), ctx);
            return { y, save: undefined };
          },
          backward: (dy) => ({ dx: dy }),
          evaluate: function* (x, ctx) {
            const [read, y] = ctx.fork(x, 2);
            const output = yield* ctx.read(read as typeof x);
            measure(output, ctx);
            gathered.add(output, ctx);
            if (ctx.activation.endsPass) gathered.end(ctx);
            return y as typeof x;
          },
        };
      },
    };
  });
