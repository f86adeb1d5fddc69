/** @file Roles of reductions: why the parts of a pass have to be merged, derived from its sinks. */
import type { Sinks } from "../../pass.ts";
import { type Factor, termsOf, type WeightGradient } from "../../product.ts";
import type { Shape } from "../../tensor.ts";
import { channelPartials, weightPartials } from "./partials.ts";
import type { Reduction } from "./reduction.ts";

/** A reduction without the fields that only the engine knows. */
export type Told = Omit<Reduction, "step" | "workers" | "path">;

const floatBytes = 4;

/**
 * Role of channel sums. If the layer stores its input with them, or takes them around a mean, they are batch statistics, and the
 * layer waits for them.
 */
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
      // The gradient of a bias uses only the first of both sums.
      bytes: (floatBytes * runs * each) / (isBias ? 2 : 1),
    },
  ];
};

/** Reductions of a pass over a batch. If the pass also quantizes, its range was known before, and the statistics may arrive later. */
export const passTold = (sinks: Sinks, shape: Shape): readonly Told[] => {
  const { observe, quantize } = sinks;
  const when = quantize ? "later" : "quantize";
  return [
    // Minimum, maximum, and number of elements that are not finite; the number of all elements is known.
    ...(observe ? [{ kind: "minMax", role: "range", when, shape, bytes: 12 } as const] : []),
    ...(quantize ? [{ kind: "sum", role: "clipped", when: "later", shape, bytes: 4 } as const] : []),
    ...sumsTold(sinks, shape),
  ];
};

/** The largest magnitude of a factor in integer sums. */
const largestFactor = (operand: Factor): number => {
  if (operand._tag !== "Codes") return Number.POSITIVE_INFINITY;
  const { qmin, qmax, zeroPoint } = operand.q.params;
  return zeroPoint.reduce((most, zero) => Math.max(most, qmax - zero, zero - qmin), 0);
};

/** Integer sums of a weight gradient: 32 bits if no sum over the whole batch can exceed them, otherwise 64. */
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
