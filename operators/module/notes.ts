/** @file Notes: what modules say about themselves while they are built, before the first batch. */
import type { Callable } from "../../core/named.ts";
import type { PlainFields } from "../../core/plain.ts";
import type { Shape } from "../../core/tensor.ts";
import type { ResolvedSite } from "../../quantizers/rules/resolveRules.ts";
import type { Rule } from "../../quantizers/rules/rule.ts";

/** Names of the metrics that a module emits for each batch, in training and in evaluation. */
export interface MetricNames {
  readonly _tag: "MetricNames";
  readonly names: readonly string[];
}

/** Functions that determine what a module computes. Their source texts, and values of theirs, distinguish modules of the same name. */
export interface Functions {
  readonly _tag: "Functions";
  /** What the functions belong to, e.g. `loss huber`. */
  readonly place: string;
  readonly functions: readonly Callable[];
  /** Their values for fixed arguments, which also depend on variables outside of them. */
  readonly probe?: () => Iterable<unknown>;
}

/** A layer of a network. Notes come in network order; a layer is noted once everything in it is built. */
export interface LayerNote {
  readonly _tag: "Layer";
  /** Its path, or that of its scope; empty at the top. */
  readonly path: string;
  /** Name of its function, e.g. `maxPool`; absent if its author gave none. */
  readonly kind: string | undefined;
  /** Plain data that it computes with, beside its parameters. */
  readonly options: PlainFields;
  /** Function that makes it. */
  readonly make: Callable;
  /** Layers in it. */
  readonly within: readonly LayerNote[];
  /** [H, W, C] of a sample before and after it; absent if it was not made by `layer`. They follow from the data and the options. */
  readonly inShape?: Shape;
  readonly outShape?: Shape;
  /** Name that users know the layer by, if it is a special case: a dense layer is a convolution. */
  readonly as?: "dense";
}

/** Rules by which a part of a network is quantized, in place of those of the experiment. */
export interface Rules {
  readonly _tag: "Rules";
  readonly rules: readonly Rule[];
  /** Sites that they decide about, once the network is built. */
  readonly sites: () => readonly ResolvedSite[];
}

/** A note of a network. */
export type Note = MetricNames | Functions | LayerNote | Rules;
