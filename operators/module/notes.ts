/** @file What modules say of themselves while they are built, so that it is known before the first batch. */
import type { Callable } from "../../core/named.ts";
import type { PlainFields } from "../../core/plain.ts";
import type { Shape } from "../../core/tensor.ts";

/** Names of metrics that a module emits for each batch, in training and in evaluation. */
export interface MetricNames {
  readonly _tag: "MetricNames";
  readonly names: readonly string[];
}

/** Functions that decide what a module computes: their text tells modules of one name apart, and so do values of theirs. */
export interface Functions {
  readonly _tag: "Functions";
  /** What they are of, such as `loss huber`. */
  readonly place: string;
  readonly functions: readonly Callable[];
  /** Values that they give for fixed arguments, which also tell what they read from around them. */
  readonly probe?: () => Iterable<unknown>;
}

/** A layer of a network. Notes come in the order of the network, and a layer is noted once all within it is built. */
export interface LayerNote {
  readonly _tag: "Layer";
  /** Its path, or that of its scope; empty at the top. */
  readonly path: string;
  /** Name of what it does, such as `maxPool`; missing where its author gives it none. */
  readonly kind: string | undefined;
  /** Plain data that it computes with, beside its parameters. */
  readonly options: PlainFields;
  /** Function that it is made by. */
  readonly make: Callable;
  /** Layers within it. */
  readonly within: readonly LayerNote[];
  /** [H, W, C] of a sample in front of it and behind it; missing where no `layer` made it. They follow from the data and the options. */
  readonly inShape?: Shape;
  readonly outShape?: Shape;
  /** Name of the layer that a user knows it by, where that is a special case of what it does: a dense layer is a convolution. */
  readonly as?: "dense";
}

/** What is noted of a network. */
export type Note = MetricNames | Functions | LayerNote;
