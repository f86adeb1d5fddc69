/** @file Events of a training run. Each is one JSON object. */
import type { Role } from "../../core/signal.ts";
import type { OverriddenRule } from "../../quantizers/rules/overriddenRules.ts";
import type { FirstGrids } from "../weights/firstGrids.ts";
import type { CodeSize } from "./keptCode.ts";
import type { OtherInputs } from "./otherInputs.ts";
import type { RunOutline } from "./outline.ts";
import type { EpochScores, FinalScores } from "./scores.ts";

/** First event of a run that trains: what it trains, on what, and where. */
export interface StartEvent extends RunOutline {
  readonly event: "start";
  /** Bit widths of weights/activations/gradients at most sites, such as `8/8/8`. */
  readonly bits: string;
  /** Bit width of the gradients that weight gradients are computed from; absent unless it is set separately. */
  readonly weightGradientBits?: number;
  /** Name of the engine, such as `simd`. */
  readonly engine: string;
  /** Backend that runs the products, such as `webassembly simd128`. */
  readonly backend: string;
  /** Number of training samples. */
  readonly trainImages: number;
  /** Number of test samples. */
  readonly testImages: number;
  readonly stepsPerEpoch: number;
  /** Training steps done before: 0 for a new run. */
  readonly step: number;
  /** Directory of the run; null if nothing is written. */
  readonly out: string | null;
  /** Size of the user's code, if the run keeps no copies of it because it is too much. */
  readonly tooMuchCode?: CodeSize;
  /**
   * Rules for some sites that later rules for all sites override, such as `--bits` over the first layer of an experiment's file; absent
   * if there are none.
   */
  readonly overridden?: readonly OverriddenRule[];
  /**
   * Weights file that a new run starts from: its path, whose parameter names it uses, the number of tensors taken, and how many of them
   * were rounded to float32.
   */
  readonly init?: OtherInputs & {
    readonly file: string;
    readonly names: string;
    readonly tensors: number;
    readonly rounded: number;
    /** Sites that start on grids of the file; absent unless the file has any. */
    readonly grids?: FirstGrids;
  };
}

/** A training step has finished. */
export interface StepEvent {
  readonly event: "step";
  /** Current epoch, from 1. */
  readonly epoch: number;
  /** Training steps done so far, this one included; recordings and `events.jsonl` number it from 0, `step - 1`. */
  readonly step: number;
  /** Training steps of the whole run. */
  readonly steps: number;
  /** Loss of the batch, before the update. */
  readonly loss: number;
  /** Mean of these losses over the epoch so far. */
  readonly epochLoss: number;
  /** Learning rate of the step. */
  readonly learningRate: number;
  /** Training throughput of the run so far, without evaluations. */
  readonly imagesPerSecond: number;
}

/** An epoch has finished, including its evaluation. */
export interface EpochEvent extends EpochScores {
  readonly event: "epoch";
  /** Number of finished epochs. */
  readonly epoch: number;
  /** Mean training loss of the epoch; with a constraint on the output, that of the float32 network. */
  readonly loss: number;
  /** Mean test loss; absent without test samples. */
  readonly testLoss?: number;
  /** Values of user-defined metrics and of metrics that modules emit, such as the terms of a loss; absent if there are none. */
  readonly metrics?: readonly MetricEvent[];
  /** Learning rate of the last training step. */
  readonly learningRate: number;
  /** Training throughput of the run so far, without evaluations. */
  readonly imagesPerSecond: number;
  /** Share of integer sums that overflowed a narrow accumulator, 0 to 1; absent if sums are exact. */
  readonly overflowShare?: number;
  /** Mean of the log barrier before weighting; absent without a barrier. */
  readonly barrier?: number;
  /** State of the constraints; absent if there are none. */
  readonly constraints?: readonly ConstraintEvent[];
}

/** A metric of one epoch. */
export interface MetricEvent {
  readonly name: string;
  /** Mean over the training samples; absent for metrics that are computed over a whole evaluation. */
  readonly train?: number;
  /** Value on the test samples; absent if there are none. */
  readonly test?: number;
}

/** A constraint at the end of an epoch. */
export interface ConstraintEvent {
  /** `output`, or the path of a layer. */
  readonly site: string;
  /** Mean slack over the epoch. */
  readonly slack: number;
  /** Multiplier after the dual step. */
  readonly multiplier: number;
}

/** Overflows of a convolution's accumulator. */
export interface AccumulatorEvent {
  readonly site: string;
  /** Number of sums that did not fit. */
  readonly overflows: number;
  /** Number of all sums. */
  readonly sums: number;
}

/** Summary of all sites of one role over the whole run. */
export interface RoleEvent {
  readonly role: Role;
  readonly staticSites: number;
  readonly dynamicSites: number;
  /** Share of elements that were clipped, 0 to 1. */
  readonly clippedShare: number;
  /** Bytes moved for tensors whose range was known in advance (static). */
  readonly movedStatically: number;
  /** Bytes moved for tensors whose range was computed from the tensor itself (dynamic). */
  readonly movedDynamically: number;
  /** Additional bytes that the static sites would have moved with dynamic ranges. */
  readonly bytesSaved: number;
}

/**
 * Products of one kind: the paths of the layers that compute them in integers, of those that compute them in integers inside blocks (absent if
 * there are none), and of those that compute them in float32.
 */
export interface ProductEvent {
  readonly product: "forward" | "input gradient" | "weight gradient";
  readonly integer: readonly string[];
  readonly blocks?: readonly string[];
  readonly float32: readonly string[];
}

/** The run has finished. */
export interface DoneEvent extends FinalScores {
  readonly event: "done";
  /** Number of test samples behind the scores; 0 if the scores are of training. */
  readonly testImages: number;
  /** Duration of the whole run, without steps that were repeated after a kill. */
  readonly seconds: number;
  /** Training throughput of the whole run, without evaluations. */
  readonly imagesPerSecond: number;
  readonly engine: string;
  readonly backend: string;
  /** Number of sites whose ranges were known in advance. */
  readonly staticSites: number;
  /** Number of sites whose ranges were computed from the tensor itself. */
  readonly dynamicSites: number;
  readonly roles: readonly RoleEvent[];
  /**
   * Products of convolutions and dense layers that were computed in integers, and those in float32. If there is a float32 network beside
   * the quantized one, the latter's.
   */
  readonly products: readonly ProductEvent[];
  /** Number of tensors that were zero, empty or not finite. */
  readonly faults: number;
  /** Overflows by convolution over the whole run; empty if sums are exact. */
  readonly accumulators: readonly AccumulatorEvent[];
  /** Multipliers of all constraints after the last dual step; absent if there are none. */
  readonly multipliers?: readonly Pick<ConstraintEvent, "site" | "multiplier">[];
  /** Hash of all learned parameters, without the state of the optimizer. */
  readonly weightsSha256: string;
  readonly out: string | null;
}

/** The run was stopped on request and can be resumed. */
export interface StoppedEvent {
  readonly event: "stopped";
  readonly step: number;
  readonly out: string | null;
}

/** The run has failed after its first step. Checkpoint and recording are kept, and an error follows. */
export interface FailedEvent {
  readonly event: "failed";
  readonly step: number;
  readonly out: string;
}

/** A run that was to be resumed had finished already. Nothing is trained; `done` follows with its original contents. */
export interface FinishedEvent {
  readonly event: "finished";
  readonly epochs: number;
  readonly step: number;
  readonly out: string;
}

/** Events of `train`: `start` or `finished` first, then steps and epochs in order, then `done`, `stopped` or `failed`. */
export type TrainEvent =
  | StartEvent
  | FinishedEvent
  | StepEvent
  | EpochEvent
  | DoneEvent
  | StoppedEvent
  | FailedEvent;
