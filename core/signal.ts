/**
 * @file Signals: everything that flows through a network, as one stream of tagged values. A layer acts on some of them
 *   and passes all others on.
 */
import type { Eventual } from "./eventual.ts";
import type { Expr } from "./expr.ts";
import type { ForeignStat } from "./foreignStat.ts";
import type { Measured } from "./measure.ts";
import type { ConvProduct } from "./product.ts";
import type { Range, RangeStat, Verdict } from "./range.ts";
import type { Sample } from "./sample.ts";
import type { Target } from "./target.ts";
import type { HostTensor, Tensor } from "./tensor.ts";
import type { Trace } from "./trace.ts";

/** Roles of tensors, in the order used in all output. */
export const roles = ["weight", "activation", "gradient"] as const;

/** Role of a tensor: weight, activation or gradient. It decides how the tensor is quantized. */
export type Role = (typeof roles)[number];

/**
 * The backward pass from a tensor on: takes dy, the gradient of the loss with respect to the tensor, and emits signals.
 * Done when its value is available.
 *
 * @param forParameters second copy of dy for the parameters of the layer, if there is one; see `Activation.splits`
 */
export type Pullback = (dy: Expr, emit: Emit, forParameters?: Expr) => Eventual<void>;

/** Training loss so far. */
export interface Losses {
  /** Loss of the first batch. */
  readonly first: number;
  /** Running mean over the last batches. */
  readonly recent: number;
}

/** A tensor on its way forward through the network, with the pullback of its gradient. */
export interface Activation {
  readonly _tag: "Activation";
  /** Number of optimizer updates before this batch. */
  readonly step: number;
  /** False in evaluation: nothing is learned, and no range statistics are emitted. */
  readonly training: boolean;
  /**
   * Whether this is the last batch of an evaluation, after which metrics over the whole data set are computed. Default:
   * false.
   */
  readonly endsPass?: boolean;
  /** Losses before this batch. Absent before the first, and if the source of the batches does not track the loss. */
  readonly losses?: Losses;
  /** The tensor, [N, H, W, C]; not computed before it is needed. */
  readonly x: Expr;
  /** Target of the batch, for the loss. */
  readonly target: Target;
  /** Receives the gradient of the loss with respect to `x`. */
  readonly pullback: Pullback;
  /** Whether `pullback` accepts a second copy of the gradient, as layers with weights do. Default: false. */
  readonly splits?: boolean;
  /** Trace of this batch, owned by the source of the batches. A layer passes it on with its output. */
  readonly trace?: Trace;
}

/** A site has quantized a tensor: the statistics observed, and the range used. Exactly one per site and training step. */
export interface RangeSeen {
  readonly _tag: "RangeSeen";
  /** Path of the site, e.g. `conv1/weight`. */
  readonly site: string;
  readonly role: Role;
  /** Number of optimizer updates before this batch. */
  readonly step: number;
  /** Name of the estimator, or of the quantizer that brings its own ranges. */
  readonly estimator: string;
  /** Statistics of the tensor before clipping. */
  readonly stat: RangeStat;
  /** Class of the statistics; only `observed` ones were passed to the estimator. */
  readonly verdict: Verdict;
  /** Range that the tensor was quantized with. */
  readonly range: Range;
  /** Whether the range was known before the tensor, so that one pass over it was enough. */
  readonly isStatic: boolean;
  /** Number of elements clipped by the range. */
  readonly clipped: number;
  /** Bytes moved to quantize the tensor (`bytesMoved.ts`); the same on every engine. */
  readonly bytesMoved: number;
  /** Additional bytes that would have been moved if the tensor had waited for its range; 0 if it did wait. */
  readonly bytesSaved: number;
  /** Answers to the questions of the estimator about the tensor; absent if it asked none. */
  readonly measured?: Measured;
  /** Histogram of the tensor, at steps in which histograms are recorded. */
  readonly histogram?: Sample;
  /** What is known about an imported (third-party) statistic; absent in Rangeflow's own recordings. */
  readonly foreign?: ForeignStat;
}

/** Update rule of a quantizer's parameter. */
export interface Learning {
  /** `network`: the optimizer of the network. `adam`: Adam, with a learning rate of its own. */
  readonly optimizer: "network" | "adam";
  /** Whether weight decay applies, as to weights. */
  readonly decays: boolean;
  /** Projects an updated value onto the allowed values. */
  readonly keep: (value: number) => number;
}

interface Named {
  readonly path: string;
  /** Update rule; for kind `quantizer` only. */
  readonly learning?: Learning;
}

/** A parameter whose elements may be on a device, where its engine updates them. Read them with `engine.read`. */
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
 * A tensor of the network that training changes, or that a checkpoint must keep.
 *
 * Of the trained kinds, `weight` decays, `bias` and `normalization` do not, and `quantizer` follows its `learning`. The
 * others are state: a `statistic` of the network, and the state of an optimizer, `velocity` (on the device of its
 * parameter) and `state` (in memory).
 */
export type Parameter = ResidentParameter | HostParameter;

/** The parameters of one kind. */
export type ParameterOf<K extends Parameter["kind"]> = K extends ResidentParameter["kind"]
  ? ResidentParameter
  : HostParameter;

/** Gradient of the loss with respect to a parameter; same shape as the parameter. */
export interface ParameterGradient {
  readonly _tag: "ParameterGradient";
  /** Number of optimizer updates before this batch. */
  readonly step: number;
  readonly parameter: Parameter;
  readonly gradient: Tensor;
}

/** The optimizer has updated the parameters. */
export interface Updated {
  readonly _tag: "Updated";
  /** Number of updates so far, this one included. */
  readonly step: number;
  /** Learning rate of the schedule, before any scaling per parameter. */
  readonly learningRate: number;
  /** Number of parameters updated. */
  readonly parameters: number;
}

/** A number about one batch, such as `loss` or `accuracy`. */
export interface Metric {
  readonly _tag: "Metric";
  /** Number of optimizer updates before this batch. */
  readonly step: number;
  readonly name: string;
  /** Path of the site or layer that it is about, e.g. `conv1/input` for `sqnr`; absent for the whole network. */
  readonly site?: string;
  readonly value: number;
  /** Number of samples that the value is a mean over: its weight in averages. */
  readonly samples: number;
  /** False in evaluation. */
  readonly training: boolean;
}

/** The sums of an integer product were stored in a narrow accumulator. */
export interface Overflow {
  readonly _tag: "Overflow";
  /** Path of the layer. */
  readonly site: string;
  readonly step: number;
  /** Product whose sums they are: forward, or one of the backward products. */
  readonly product: ConvProduct["_tag"];
  /** Number of sums that overflowed. */
  readonly overflows: number;
  /** Number of all sums. */
  readonly sums: number;
}

/** Something noteworthy happened at a site, such as a NaN in a tensor. It does not end the run by itself. */
export interface Fault {
  readonly _tag: "Fault";
  readonly step: number;
  readonly site: string;
  readonly kind: "NonFiniteTensor" | "ZeroTensor" | "EmptyTensor" | "LossNotFinite";
  /** Sentence with site, step and what was observed. */
  readonly message: string;
}

/** Everything that flows through a network and out of it. */
export type Signal = Activation | RangeSeen | ParameterGradient | Updated | Metric | Overflow | Fault;

/**
 * Sends a signal to the subscribers of the stream. A signal that is still pending, because its numbers come from a
 * device, keeps its place in the order; only the end of the step waits for it. `undefined` sends nothing. Throws once
 * nobody is subscribed, so that the work behind it stops.
 */
export type Emit = (signal: Eventual<Signal | undefined>) => void;
