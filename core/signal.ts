/**
 * @file What flows: one stream of tagged signals. A layer acts on some of them and lets every other one pass.
 */
import type { Eventual } from "./eventual.ts";
import type { Expr } from "./expr.ts";
import type { ForeignStat } from "./foreignStat.ts";
import type { Measured } from "./measure.ts";
import type { Product } from "./product.ts";
import type { Range, RangeStat, Verdict } from "./range.ts";
import type { Sample } from "./sample.ts";
import type { Target } from "./target.ts";
import type { HostTensor, Tensor } from "./tensor.ts";
import type { Trace } from "./trace.ts";

/** Roles of tensors, in the order in which they are told everywhere. */
export const roles = ["weight", "activation", "gradient"] as const;

/** Weights, activations and gradients: what a tensor is to the network decides how it is quantized. */
export type Role = (typeof roles)[number];

/**
 * The backward pass from a tensor on: takes dy, the gradient of the loss with respect to it, and emits signals; done when its value is there.
 *
 * @param forParameters the copy of dy that the parameters of the layer get, where there are two; see `Activation.splits`
 */
export type Pullback = (dy: Expr, emit: Emit, forParameters?: Expr) => Eventual<void>;

/** The training loss so far, batch by batch. */
export interface Losses {
  /** Loss of the first batch. */
  readonly first: number;
  /** Running mean over the last batches. */
  readonly recent: number;
}

/** A tensor on its way through the network, and the way back for its gradient. */
export interface Activation {
  readonly _tag: "Activation";
  /** Optimizer updates before this batch. */
  readonly step: number;
  /** False in evaluation: nothing is learned, and no statistic is emitted. */
  readonly training: boolean;
  /** Whether it is the last batch of an evaluation, behind which metrics of all of it are computed; false where missing. */
  readonly endsPass?: boolean;
  /** Losses before this batch; absent before the first one, and where whoever feeds batches does not follow the loss. */
  readonly losses?: Losses;
  readonly x: Expr;
  readonly target: Target;
  /** Takes back the gradient of the loss with respect to `x`. */
  readonly pullback: Pullback;
  /** Whether `pullback` takes a second copy of the gradient, as that of a layer with weights does; no where missing. */
  readonly splits?: boolean;
  /** Trace of this batch, kept by whoever feeds batches; a layer hands it on with what it makes. */
  readonly trace?: Trace;
}

/** A site has quantized a tensor: what it saw, and with what range. Exactly one for each site and training step. */
export interface RangeSeen {
  readonly _tag: "RangeSeen";
  readonly site: string;
  readonly role: Role;
  readonly step: number;
  readonly estimator: string;
  /** Statistic of the tensor before clipping. */
  readonly stat: RangeStat;
  /** Verdict on the statistic; only `observed` ones were given to the estimator. */
  readonly verdict: Verdict;
  /** Range that the tensor was quantized with. */
  readonly range: Range;
  /** True if the range was there before the tensor, so that one pass over it was enough. */
  readonly isStatic: boolean;
  /** Number of elements that the range clipped. */
  readonly clipped: number;
  /** Bytes that quantizing it takes (`bytesMoved.ts`), the same on every engine. */
  readonly bytesMoved: number;
  /** Bytes that it would have moved beside these, had it waited for its range; 0 where it did. */
  readonly bytesSaved: number;
  /** Answers to what its estimator has measured of the tensor; absent if nothing. */
  readonly measured?: Measured;
  /** Histogram of the tensor, at the steps at which the scope wants one. */
  readonly histogram?: Sample;
  /** What is known of a statistic that somebody else has recorded; absent in recordings of ours. */
  readonly foreign?: ForeignStat;
}

/** Update rule of a quantizer's parameter. */
export interface Learning {
  /** `network`: as the weights; `adam`: in small steps of its own. */
  readonly optimizer: "network" | "adam";
  /** Whether it decays as the weights do. */
  readonly decays: boolean;
  /** Constraint on an updated value: gives the nearest one that is allowed. */
  readonly keep: (value: number) => number;
}

interface Named {
  readonly path: string;
  /** Update rule; for kind `quantizer` only. */
  readonly learning?: Learning;
}

/** A parameter whose elements may be on a device, where its engine updates them: read them with `engine.read`. */
export interface ResidentParameter extends Named {
  readonly kind: "weight" | "velocity";
  readonly value: Tensor;
}

/** A parameter whose elements stay in memory, where they are read and written in place. */
export interface HostParameter extends Named {
  readonly kind: "bias" | "normalization" | "quantizer" | "statistic" | "state";
  readonly value: HostTensor;
}

/**
 * A place where values live that training changes, or that a checkpoint must keep.
 *
 * Of the trained kinds `weight` decays, `bias` and `normalization` do not, and `quantizer` does as its `learning` says. The others are
 * kept: a `statistic` of the network, and what an optimizer remembers, `velocity` where its parameter is and `state` in memory.
 */
export type Parameter = ResidentParameter | HostParameter;

/** The parameters of one kind. */
export type ParameterOf<K extends Parameter["kind"]> = K extends ResidentParameter["kind"]
  ? ResidentParameter
  : HostParameter;

/** Gradient of the loss with respect to a parameter, of its shape. */
export interface ParameterGradient {
  readonly _tag: "ParameterGradient";
  readonly step: number;
  readonly parameter: Parameter;
  readonly gradient: Tensor;
}

/** The optimizer has changed the parameters; `step` counts this update. */
export interface Updated {
  readonly _tag: "Updated";
  readonly step: number;
  readonly learningRate: number;
  readonly parameters: number;
}

/** A number about one batch, such as `loss` or `accuracy`. */
export interface Metric {
  readonly _tag: "Metric";
  readonly step: number;
  readonly name: string;
  /** Path of the site or layer that it is about, such as `conv1/input` for `sqnr`; absent for the whole network. */
  readonly site?: string;
  readonly value: number;
  readonly samples: number;
  readonly training: boolean;
}

/** The sums of an integer product were taken into a narrow accumulator. */
export interface Overflow {
  readonly _tag: "Overflow";
  /** Path of the convolution. */
  readonly site: string;
  readonly step: number;
  readonly product: Product["_tag"];
  /** Number of sums that did not fit. */
  readonly overflows: number;
  readonly sums: number;
}

/** Something noteworthy happened at a place, such as a tensor with NaN. It does not end the run by itself. */
export interface Fault {
  readonly _tag: "Fault";
  readonly step: number;
  readonly site: string;
  readonly kind: "NonFiniteTensor" | "ZeroTensor" | "EmptyTensor" | "LossNotFinite";
  readonly message: string;
}

/** Whatever flows through a network and out of it. */
export type Signal = Activation | RangeSeen | ParameterGradient | Updated | Metric | Overflow | Fault;

/**
 * Takes a signal to whoever listens to the stream. One that is not there yet, because its numbers come from a device, keeps its
 * place among the others and nobody waits for it but the end of the step; `undefined` says nothing. Throws once nobody listens,
 * so that the work behind it ends there.
 */
export type Emit = (signal: Eventual<Signal | undefined>) => void;
