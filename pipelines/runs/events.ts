/** @file What a training run tells its user, as one JSON object each. */
import type { Role } from "../../core/signal.ts";
import type { InputNormalization } from "../data/inputNormalization.ts";
import type { FirstGrids } from "../weights/firstGrids.ts";
import type { OtherInputs } from "./otherInputs.ts";
import type { EpochScores, FinalScores } from "./scores.ts";

export interface StartEvent extends InputNormalization {
  readonly event: "start";
  /** Name of the experiment; of a built-in one that of its model. */
  readonly experiment: string;
  readonly data: string;
  /** Bits of weights/activations/gradients at most of the sites, such as `8/8/8`. */
  readonly bits: string;
  /** Bits of the copy of a gradient that weights get; absent where there is no width of its own. */
  readonly weightGradientBits?: number;
  readonly engine: string;
  readonly backend: string;
  readonly parameters: number;
  readonly trainImages: number;
  readonly testImages: number;
  readonly epochs: number;
  /** Samples in a batch; those that fill no batch are left out of an epoch. */
  readonly batch: number;
  readonly stepsPerEpoch: number;
  /** Step at which the run goes on; 0 for a new one. */
  readonly step: number;
  readonly seed: number;
  readonly out: string | null;
  /** File of weights that a new run begins with: whose names it has, how many tensors were taken, and how many of these were rounded. */
  readonly init?: OtherInputs & {
    readonly file: string;
    readonly names: string;
    readonly tensors: number;
    readonly rounded: number;
    /** Sites that begin on grids of the file; absent of a file without any. */
    readonly grids?: FirstGrids;
  };
}

/** A training step is done. */
export interface StepEvent {
  readonly event: "step";
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly imagesPerSecond: number;
}

export interface EpochEvent extends EpochScores {
  readonly event: "epoch";
  readonly epoch: number;
  /** Loss of training; that of the network in float32 where its output is constrained. */
  readonly loss: number;
  /** Absent without test samples. */
  readonly testLoss?: number;
  /** Values of a user's own metrics, and of those that modules emit, such as the terms of a loss; absent without any. */
  readonly metrics?: readonly MetricEvent[];
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  /** Share of integer sums that did not fit a narrow accumulator; absent where sums are exact. */
  readonly overflowShare?: number;
  /** Mean of the log barrier, before its weight; absent without one. */
  readonly barrier?: number;
  /** Constraints of the run; absent without any. */
  readonly constraints?: readonly ConstraintEvent[];
}

/** A metric of one epoch; of evaluation only where there are test samples. */
export interface MetricEvent {
  readonly name: string;
  /** Absent for a metric of a whole evaluation. */
  readonly train?: number;
  readonly test?: number;
}

/** A constraint at the end of an epoch: its mean slack in the epoch, and its multiplier behind the dual step. */
export interface ConstraintEvent {
  /** `output`, or the path of a layer. */
  readonly site: string;
  readonly slack: number;
  readonly multiplier: number;
}

/** Sums of a convolution's products that did not fit its accumulator, of how many. */
export interface AccumulatorEvent {
  readonly site: string;
  readonly overflows: number;
  readonly sums: number;
}

/** Summary of the sites of one role in the whole run. */
export interface RoleEvent {
  readonly role: Role;
  readonly staticSites: number;
  readonly dynamicSites: number;
  readonly clippedShare: number;
  /** Bytes moved for tensors whose range was there before them, and for those that waited for theirs. */
  readonly movedStatically: number;
  readonly movedDynamically: number;
  /** Bytes that waiting for the ranges of the former would have moved beside these. */
  readonly bytesSaved: number;
}

/** Products of one kind, by the paths of the layers whose they are. */
export interface ProductEvent {
  readonly product: "forward" | "input gradient" | "weight gradient";
  readonly integer: readonly string[];
  readonly float32: readonly string[];
}

export interface DoneEvent extends FinalScores {
  readonly event: "done";
  /** That the scores are of; 0 where they are of training. */
  readonly testImages: number;
  /** Time of the whole run, without what was done again after a kill. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly engine: string;
  readonly backend: string;
  readonly staticSites: number;
  readonly dynamicSites: number;
  readonly roles: readonly RoleEvent[];
  /** Which products of convolutions and dense layers were products of integers; of the quantized network where there are two. */
  readonly products: readonly ProductEvent[];
  readonly faults: number;
  /** Accumulators by convolution, in the whole run; empty where sums are exact. */
  readonly accumulators: readonly AccumulatorEvent[];
  /** Multipliers of all constraints, as the last dual step has left them; absent without any. */
  readonly multipliers?: readonly Pick<ConstraintEvent, "site" | "multiplier">[];
  readonly weightsSha256: string;
  readonly out: string | null;
}

/** The run was asked to stop, and can be resumed. */
export interface StoppedEvent {
  readonly event: "stopped";
  readonly step: number;
  readonly out: string | null;
}

/** The run has failed behind its first step; what it has saved and recorded until then stays. An error follows. */
export interface FailedEvent {
  readonly event: "failed";
  readonly step: number;
  readonly out: string;
}

/** A run that was to go on had ended before: nothing is trained, and `done` follows as it was told then. */
export interface FinishedEvent {
  readonly event: "finished";
  readonly epochs: number;
  readonly step: number;
  readonly out: string;
}

/** Events of `train`: `start` or `finished` first, steps and epochs in order, then `done`, `stopped` or `failed`. */
export type TrainEvent =
  | StartEvent
  | FinishedEvent
  | StepEvent
  | EpochEvent
  | DoneEvent
  | StoppedEvent
  | FailedEvent;
