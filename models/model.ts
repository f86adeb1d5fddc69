import type { Module } from "../operators/module/module.ts";

/**
 * Layers of a network that torchvision has, too: `rangeflow` makes less of small images smaller, as our docs of each network say, `torchvision`
 * has the strides, the stem and the last layers of torchvision's for images of any size, so that its weights give its logits.
 */
export type Variant = "rangeflow" | "torchvision";

/** Options of a network for images. */
export interface ModelOptions {
  /** Number of logits; at least 2. Networks that end in an image have none. */
  readonly classes: number;
  /** Factor on all numbers of channels, rounded to multiples of 8; 1 where missing. Networks of one width ignore it. */
  readonly width?: number;
  /** Layers of the network; `rangeflow` where missing. Networks that torchvision does not have ignore it. */
  readonly variant?: Variant;
}

/** A network without its loss. */
export type Model = (options: ModelOptions) => Module;
