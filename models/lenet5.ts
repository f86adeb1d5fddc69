import { conv2d } from "../operators/layers/conv2d.ts";
import { dense } from "../operators/layers/dense.ts";
import { flatten } from "../operators/layers/flatten.ts";
import { maxPool } from "../operators/layers/pool.ts";
import { relu } from "../operators/layers/relu.ts";
import type { Module } from "../operators/module/module.ts";
import { sequential } from "../operators/module/sequential.ts";
import { quantized } from "../operators/sites/quantized.ts";
import type { ModelOptions } from "./model.ts";

/**
 * LeNet-5 with ReLU and max pooling, for small grey images: two convolutions and three dense layers. 61,706 parameters for 28x28x1
 * and ten classes.
 *
 *     [N, 28, 28, 1] -> logits [N, 1, 1, classes]
 *
 * @see LeCun et al. 1998, "Gradient-based learning applied to document recognition"
 * @example
 * build(lenet5({ classes: 10 }), scopeFor({ engine: reference(), shape: [28, 28, 1] })).shape; // [1, 1, 10]
 */
export const lenet5 = ({ classes }: Pick<ModelOptions, "classes">): Module => {
  const conv = quantized(conv2d);
  const full = quantized(dense);
  return sequential(
    conv("conv1", { outChannels: 6, kernel: 5, padding: 2, bias: true }),
    relu(),
    maxPool({ size: 2 }),
    conv("conv2", { outChannels: 16, kernel: 5, bias: true }),
    relu(),
    maxPool({ size: 2 }),
    flatten(),
    full("dense1", { units: 120 }),
    relu(),
    full("dense2", { units: 84 }),
    relu(),
    full("dense3", { units: classes, gain: 1 }),
  );
};
