/** @file Metrics of one's own: what is told of outputs and targets beside the loss. */
import { problem, RangeflowFailure, thrownBy, valueText } from "../../core/errors.ts";
import { samplesOf, type Target } from "../../core/target.ts";
import { elements, type HostTensor, type Shape, sizeOf, tensor } from "../../core/tensor.ts";
import type { Module, Scope } from "../module/module.ts";
import { probed, probeNumbers } from "../module/probe.ts";
import type { Context } from "../step/context.ts";
import { layer } from "../step/op.ts";

/** Which of two values of a metric is the better one. */
export type Better = "higher" | "lower";

/** Metric of a network's output, batch by batch; runs average it over samples. */
export interface OutputMetric {
  /** Name in events and tables. */
  readonly name: string;
  readonly better: Better;
  /** The mean over the samples of a batch, from a copy of the output: output [N, H, W, C], and N classes or a tensor of the output's shape. */
  readonly evaluate: (output: HostTensor, target: Target) => number;
}

type WatchedMetric = OutputMetric & { readonly watched: ReturnType<Scope["watch"]> };

const measured = (
  { name, evaluate, watched }: WatchedMetric,
  output: HostTensor,
  { target, where, step }: Context,
): number => {
  const place = `metric ${name}, ${where}`;
  let value: unknown;
  try {
    const copy = tensor(elements(output).slice(), output.shape);
    value = watched(step, () => evaluate(copy, target));
  } catch (error) {
    throw thrownBy(place, error, "a function from output and target to a number");
  }
  if (typeof value === "number") return value;
  throw new RangeflowFailure(problem(place, `it gives ${valueText(value)}`, "a number"));
};

/** Values of two samples of fixed numbers, for a tensor and for labels: which of them it is made for is not known. */
const probedMetric = (evaluate: OutputMetric["evaluate"], shape: Shape): readonly unknown[] => {
  const both: Shape = [2, ...shape];
  const size = sizeOf(both);
  return [tensor(probeNumbers(size, 1), both), Int32Array.of(0, 1)].map((target) =>
    probed(() => evaluate(tensor(probeNumbers(size), both), target)),
  );
};

/**
 * Emits a `Metric` for each metric, of every batch in training and in evaluation; stands between a network and its loss, and changes nothing.
 *
 * @example
 * import { metrics } from "rangeflow/operators";
 * import { elements } from "rangeflow/core";
 *
 * const largest = metrics([
 *   { name: "largest", better: "lower", evaluate: (output) => Math.max(...elements(output)) },
 * ]);
 */
export const metrics = (list: readonly OutputMetric[]): Module => {
  const emitAll = (all: readonly WatchedMetric[], output: HostTensor, ctx: Context): void => {
    const { step, training, target, emit } = ctx;
    for (const metric of all)
      emit({
        _tag: "Metric",
        step,
        name: metric.name,
        value: measured(metric, output, ctx),
        samples: samplesOf(target),
        training,
      });
  };
  return layer("", ({ note, shape, watch }) => {
    const all = list.map((metric) => ({ ...metric, watched: watch(`metric ${metric.name}`) }));
    for (const { name, evaluate } of list)
      note({
        _tag: "Functions",
        place: `metric ${name}`,
        functions: [evaluate],
        probe: () => probedMetric(evaluate, shape),
      });
    return {
      kind: "metrics",
      options: {},
      forward: function* (x, ctx) {
        const y = ctx.save(x);
        emitAll(all, yield* ctx.read(y), ctx);
        return { y, save: undefined };
      },
      backward: (dy) => ({ dx: dy }),
      evaluate: function* (x, ctx) {
        const [read, y] = ctx.fork(x, 2);
        emitAll(all, yield* ctx.read(read as typeof x), ctx);
        return y as typeof x;
      },
    };
  });
};
