import { constrainedLayer } from "../losses/constrainedLayer.ts";
import type { Module } from "../module/module.ts";
import { sequential } from "../module/sequential.ts";
import { quantize } from "./quantize.ts";

/**
 * A convolution or dense layer with its usual placement: its input quantized in front of it, the gradient of its output behind
 * it, so that all three of its products are products of integers.
 *
 *     quantize input -> layer (quantizes its weights) -> quantize gradient
 *
 * Under the constraint on layers of its scope, if there is one.
 * Where the scope says so, the gradient is quantized a second time for the gradients of the weights, at `${name}/weightGradient`.
 *
 * @param layer makes the module from its name and options, such as `conv2d`
 * @example
 * quantized(conv2d)("conv1", { outChannels: 16, kernel: 3, padding: 1 })
 */
export const quantized =
  <O>(layer: (name: string, options: O) => Module) =>
  (name: string, options: O): Module =>
    sequential(
      quantize({ activation: `${name}/input` }),
      constrainedLayer(
        name,
        sequential(
          layer(name, options),
          quantize({ gradient: `${name}/gradient`, weightGradient: `${name}/weightGradient` }),
        ),
      ),
    );
