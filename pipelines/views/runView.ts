/**
 * @file View of a run as pages and charts use it: plain data and arrays of numbers per bucket, the same whether it was read from files or
 *   belongs to a run in progress. Nothing here or in this directory depends on Node.
 */
import type { Role } from "../../core/signal.ts";
import type { ReplayRow } from "../replay/tally.ts";
import type { DetectedPictures } from "../runs/detectedPictures.ts";
import type { DoneEvent, EpochEvent } from "../runs/events.ts";
import type { Columns, Folds } from "./buckets.ts";

/** Columns per bucket about ranges: those that the tensors of a site were quantized with, or those of another estimator. */
export const answerFolds = {
  /** Number of tensors with a range. */
  rows: "sum",
  /** Number of those whose range was known before the tensor. */
  statics: "sum",
  /** Bounds of the ranges: smallest and largest lo and hi. */
  loLeast: "least",
  loGreatest: "greatest",
  hiLeast: "least",
  hiGreatest: "greatest",
  /** log2 of the span of the range over that of the tensor, both including 0, over `fitted` tensors. */
  fitSum: "sum",
  fitLeast: "least",
  fitGreatest: "greatest",
  fitted: "sum",
  /** Number of tensors that exceed their range; for counterfactuals as `replay` evaluates it. */
  clippedTensors: "sum",
  /**
   * Number of clipped elements, number of elements, and largest clipped share of a tensor; for counterfactuals only from tensors with
   * histograms.
   */
  clipped: "sum",
  elements: "sum",
  clippedWorst: "greatest",
  /**
   * Signal-to-quantization-noise ratios in dB: measured or, for counterfactuals, from histograms with rounding to nearest. The sum is
   * over the `sqnrs` tensors with a loss; minimum and maximum are infinite for tensors without.
   */
  sqnrLeast: "least",
  sqnrGreatest: "greatest",
  sqnrSum: "sum",
  sqnrs: "sum",
} as const satisfies Folds;

/** Columns per bucket of one site. */
export const siteFolds = {
  ...answerFolds,
  /** Number of tensors that were empty, zero or not finite, which no estimator observes. */
  faults: "sum",
  /** Min and max of the observed tensors before clipping. */
  min: "least",
  max: "greatest",
  nonFinite: "sum",
  bytesMoved: "sum",
  /** Part of `bytesMoved` for tensors whose range was known before them. */
  bytesMovedStatically: "sum",
  bytesSaved: "sum",
} as const satisfies Folds;

/** Columns per bucket of the training steps. */
export const learningFolds = {
  steps: "sum",
  lossLeast: "least",
  lossGreatest: "greatest",
  lossSum: "sum",
  /** Number of steps with a finite loss, over which the sum is taken. */
  finite: "sum",
  learningRate: "last",
} as const satisfies Folds;

/** Histogram of a tensor: how often each value occurs, in the unit of the tensor. */
export interface SiteHistogram {
  readonly step: number;
  readonly values: Float32Array;
  readonly counts: Uint32Array;
}

/** Facts about a site, from its first row. */
export interface SiteFactsView {
  /** Path, such as `conv1/gradient`. */
  readonly site: string;
  readonly role: Role;
  readonly estimator: string;
  /** Bit width; 0 if the recording does not state it. */
  readonly bits: number;
  readonly scheme: string;
  /** Name of the quantizer if its levels are not uniform. */
  readonly projection?: string;
}

/** A site of a run: facts, columns per bucket, and histograms. */
export interface SiteView extends SiteFactsView {
  readonly columns: Columns<typeof siteFolds>;
  /** At most one per bucket, thinned evenly if there are many; empty if none was recorded. */
  readonly histograms: readonly SiteHistogram[];
}

/** Ranges of another estimator at a site, per bucket; for `ownRanges` only what histograms say. */
export interface Counterfactual {
  readonly site: string;
  readonly estimator: string;
  readonly columns: Columns<typeof answerFolds>;
  /** Why the estimator could not be replayed to the end. Earlier ranges are kept. */
  readonly failure?: string;
}

/** Name of the run's own ranges, among those of estimators. */
export const ownRanges = "run's own";

/** An epoch, and the number of training steps up to its end. */
export type EpochView = EpochEvent & { readonly steps: number };

/** A run as pages and charts show it: facts, learning curve, and for each site numbers per bucket of steps. */
export interface RunView {
  /** Name of the run, as its directory was given. */
  readonly name: string;
  /**
   * `open`: not finished according to its files, and possibly in progress. `imported`: an imported (third-party) recording, so nothing
   * was quantized and there is no learning curve; its sites have tensors but no ranges.
   */
  readonly state: "finished" | "open" | "imported";
  /** Facts about settings, host and versions, as names and values. */
  readonly facts: readonly (readonly [string, string])[];
  readonly done?: DoneEvent;
  /** Why the run has failed; absent unless it has failed and was not resumed. */
  readonly failure?: string;
  readonly epochs: readonly EpochView[];
  /** Detections on the first test images; absent for other tasks, and before the first epoch is done. */
  readonly detections?: DetectedPictures;
  /** Number of training steps recorded or logged. */
  readonly steps: number;
  /** Steps per bucket: bucket i starts at step i * width. */
  readonly width: number;
  readonly learning: Columns<typeof learningFolds>;
  /** Sites in the order of the network. */
  readonly sites: readonly SiteView[];
  readonly counterfactuals: readonly Counterfactual[];
  /** Fit of the ranges at each site, for `ownRanges` and each counterfactual; absent unless requested. */
  readonly replayed?: readonly ReplayRow[];
  /** Source of the sites' signal-to-noise ratios: measured in the run, or computed from histograms; absent without any. */
  readonly sqnrFrom?: "run" | "histograms";
  /** Messages about missing or damaged parts; empty if everything could be read. */
  readonly missing: readonly string[];
}
