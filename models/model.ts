import type { Module } from "../operators/module/module.ts";

/**
 * Variant of a network that torchvision has, too. `rangeflow` downsamples small images less; the documentation of each network says
 * where. `torchvision` has torchvision's strides, stem and last layers for images of any size, so that torchvision's weights give
 * its logits.
 */
export type Variant = "rangeflow" | "torchvision";

/** Options of an image network. */
export interface ModelOptions {
  /** Number of logits, at least 2. Networks whose output is an image ignore it. */
  readonly classes: number;
  /** Factor on all numbers of channels, rounded to multiples of 8. Networks of a fixed width ignore it. Default: 1. */
  readonly width?: number;
  /** Variant of the network. Networks that torchvision does not have ignore it. Default: `rangeflow`. */
  readonly variant?: Variant;
}

/** Makes a network without its loss. */
export type Model = (options: ModelOptions) => Module;
