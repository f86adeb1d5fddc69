/** @file Roles of reductions: what a pass says of why its parts have to be merged. */
import type { Sinks } from "../../pass.ts";
import { type Operand, termsOf, type WeightGradient } from "../../product.ts";
import type { Shape } from "../../tensor.ts";
import { channelPartials, weightPartials } from "./partials.ts";
import type { Reduction } from "./reduction.ts";

/** A reduction without what only the engine knows. */
export type Told = Omit<Reduction, "step" | "workers" | "path">;

const floatBytes = 4;

/** Role of channel sums: those that a layer stores its input for, or takes around a mean, are statistics of a batch, and it waits. */
const sumsTold = ({ store, channelSums }: Sinks, shape: Shape): readonly Told[] => {
  if (channelSums === undefined) return [];
  const { runs, each } = channelPartials(shape);
  const isStatistic = store === true || channelSums.around.some((mean) => mean !== 0);
  const isBias = !isStatistic && channelSums.of === undefined;
  return [
    {
      kind: "partials",
      role: isStatistic ? "batch statistics" : isBias ? "bias gradient" : "learned range",
      when: isStatistic ? "layer" : "later",
      shape,
      // The gradient of a bias has no use for the second of both sums.
      bytes: (floatBytes * runs * each) / (isBias ? 2 : 1),
    },
  ];
};

/**
 * Reductions of a pass over a batch. A range that the same pass quantizes with was there before: its statistic may come later.
 */
export const passTold = (sinks: Sinks, shape: Shape): readonly Told[] => {
  const { observe, quantize } = sinks;
  const when = quantize ? "later" : "quantize";
  return [
    // Both ends and the number of elements that are not finite; how many elements there are is known.
    ...(observe ? [{ kind: "minMax", role: "range", when, shape, bytes: 12 } as const] : []),
    ...(quantize ? [{ kind: "sum", role: "clipped", when: "later", shape, bytes: 4 } as const] : []),
    ...sumsTold(sinks, shape),
  ];
};

/** The largest magnitude of a factor of integer sums. */
const largestFactor = (operand: Operand): number => {
  if (operand._tag === "Dense") return Number.POSITIVE_INFINITY;
  const { qmin, qmax, zeroPoint } = operand.q.params;
  return zeroPoint.reduce((most, zero) => Math.max(most, qmax - zero, zero - qmin), 0);
};

/** Integer sums of a weight gradient: of 32 bits where no sum of the whole batch can pass them, else of 64. */
export const integersTold = (product: WeightGradient): Told => {
  const { shape, dy, x } = product;
  const bytes = termsOf(product) * largestFactor(dy) * largestFactor(x) < 2 ** 31 ? 4 : 8;
  const size = shape.reduce((all, side) => all * side, bytes);
  return { kind: "sum", role: "weight gradient", when: "later", shape, bytes: size };
};

/** Partials of a float32 weight gradient. */
export const floatsTold = (product: WeightGradient): Told => {
  const { runs, each } = weightPartials(product);
  const bytes = floatBytes * runs * each;
  return { kind: "partials", role: "weight gradient", when: "later", shape: product.shape, bytes };
};
