import { hookPoint } from "../module/hooks.ts";
import type { Module } from "../module/module.ts";
import { sequential } from "../module/sequential.ts";
import { quantize } from "./quantize.ts";

/** Hooks around each quantized layer and its gradient site, by the layer's name; the site of its input is outside. */
export const aroundLayer = hookPoint<(name: string, layer: Module) => Module>();

/**
 * A convolution or dense layer with the site of its gradient, but none for its input, which is quantized already: several layers can share
 * one. Otherwise as `quantized`.
 *
 * @param layer makes the module from its name and options, e.g. `conv2d`
 * @example
 * const full = withGradientSite(conv2d);
 * const both = concat(full("left", { outChannels: 8, kernel: 1 }), full("right", { outChannels: 8, kernel: 1 }));
 * sequential(quantize({ activation: "input" }), both);
 */
export const withGradientSite =
  <O>(layer: (name: string, options: O) => Module) =>
  (name: string, options: O): Module =>
  (scope) =>
    aroundLayer
      .hooksIn(scope)
      .reduce(
        (inner, around) => around(name, inner),
        sequential(
          layer(name, options),
          quantize({ gradient: `${name}/gradient`, weightGradient: `${name}/weightGradient` }),
        ),
      )(scope);

/**
 * A convolution or dense layer with the usual quantization sites: its input is quantized before it, and the gradient of its output
 * behind it, so that all three of its products are integer products.
 *
 *     quantize input -> layer (quantizes its weights) -> quantize gradient
 *
 * Sites are `${name}/input`, `${name}/weight` and `${name}/gradient`. If the scope has a quantizer for it (`Scope.weightGradient`),
 * the gradient is quantized a second time for the gradients of the weights, at `${name}/weightGradient`. Hooks of the scope
 * (`aroundLayer`) wrap layer and gradient site.
 *
 * @param layer makes the module from its name and options, e.g. `conv2d`
 * @example
 * quantized(conv2d)("conv1", { outChannels: 16, kernel: 3, padding: 1 })
 */
export const quantized =
  <O>(layer: (name: string, options: O) => Module) =>
  (name: string, options: O): Module =>
    sequential(quantize({ activation: `${name}/input` }), withGradientSite(layer)(name, options));
