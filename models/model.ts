import type { Module } from "../operators/module/module.ts";

/** Options of a network for images. */
export interface ModelOptions {
  /** Number of logits; at least 2. Networks that end in an image have none. */
  readonly classes: number;
  /** Factor on all numbers of channels, rounded to multiples of 8; 1 where missing. Networks of one width ignore it. */
  readonly width?: number;
}

/** A network without its loss. */
export type Model = (options: ModelOptions) => Module;
