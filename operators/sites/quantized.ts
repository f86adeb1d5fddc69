import { hookPoint } from "../module/hooks.ts";
import type { Module } from "../module/module.ts";
import { sequential } from "../module/sequential.ts";
import { quantize } from "./quantize.ts";

/** Hooks around each quantized layer with its gradient site, by its name; its input is quantized in front of them. */
export const aroundLayer = hookPoint<(name: string, layer: Module) => Module>();

/**
 * A convolution or dense layer with its usual placement: its input quantized in front of it, the gradient of its output behind
 * it, so that all three of its products are products of integers.
 *
 *     quantize input -> layer (quantizes its weights) -> quantize gradient
 *
 * What a scope puts around its layers stands around layer and gradient site (`aroundLayer`).
 * Where the scope says so, the gradient is quantized a second time for the gradients of the weights, at `${name}/weightGradient`.
 *
 * @param layer makes the module from its name and options, such as `conv2d`
 * @example
 * quantized(conv2d)("conv1", { outChannels: 16, kernel: 3, padding: 1 })
 */
export const quantized =
  <O>(layer: (name: string, options: O) => Module) =>
  (name: string, options: O): Module =>
  (scope) =>
    sequential(
      quantize({ activation: `${name}/input` }),
      aroundLayer
        .hooksIn(scope)
        .reduce(
          (inner, around) => around(name, inner),
          sequential(
            layer(name, options),
            quantize({ gradient: `${name}/gradient`, weightGradient: `${name}/weightGradient` }),
          ),
        ),
    )(scope);
