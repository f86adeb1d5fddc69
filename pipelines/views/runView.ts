/**
 * @file A run as the page sees it: plain data and arrays of numbers by bucket, the same whether it was read from files or comes
 * from a run that goes on. Nothing here, and nothing in this room, depends on Node.
 */
import type { Role } from "../../core/signal.ts";
import type { ReplayRow } from "../replay/tally.ts";
import type { DetectedPictures } from "../runs/detectedPictures.ts";
import type { DoneEvent, EpochEvent } from "../runs/events.ts";
import type { Columns, Folds } from "./buckets.ts";

/** What is kept in a bucket of the ranges that tensors of a site were quantized with, or that another estimator would have answered for them. */
export const answerFolds = {
  /** Tensors that ranges were for. */
  rows: "sum",
  /** Those whose range was there before them. */
  statics: "sum",
  /** Ends of the ranges. */
  loLeast: "least",
  loGreatest: "greatest",
  hiLeast: "least",
  hiGreatest: "greatest",
  /** log2 of the span of the range over that of the tensor, 0 included in both; of `fitted` tensors. */
  fitSum: "sum",
  fitLeast: "least",
  fitGreatest: "greatest",
  fitted: "sum",
  /** Tensors of which something was beyond the range; of answers as `replay` judges it. */
  clippedTensors: "sum",
  /** Elements beyond the range, of how many, and the largest share of a tensor; of answers only where tensors have histograms. */
  clipped: "sum",
  elements: "sum",
  clippedWorst: "greatest",
  /**
   * Signal-to-quantization-noise ratios in dB: measured, or of answers as histograms tell them, rounded to nearest. The sum is of the `sqnrs`
   * tensors that lost something; ends are infinite where one lost nothing.
   */
  sqnrLeast: "least",
  sqnrGreatest: "greatest",
  sqnrSum: "sum",
  sqnrs: "sum",
} as const satisfies Folds;

/** What is kept of the rows of one site in a bucket of steps. */
export const siteFolds = {
  ...answerFolds,
  /** Tensors that were empty, zero or not finite, which no estimator observes. */
  faults: "sum",
  /** Ends of the observed tensors before clipping. */
  min: "least",
  max: "greatest",
  nonFinite: "sum",
  bytesMoved: "sum",
  /** Part of them that static sites have moved. */
  bytesMovedStatically: "sum",
  bytesSaved: "sum",
} as const satisfies Folds;

/** What is kept of the training steps in a bucket. */
export const learningFolds = {
  steps: "sum",
  lossLeast: "least",
  lossGreatest: "greatest",
  lossSum: "sum",
  /** Steps whose loss is a finite number, which the sum is of. */
  finite: "sum",
  learningRate: "last",
} as const satisfies Folds;

/** The histogram of a tensor: how often each value occurs, in the unit of the tensor. */
export interface SiteHistogram {
  readonly step: number;
  readonly values: Float32Array;
  readonly counts: Uint32Array;
}

/** What a site is, as its first row tells. */
export interface SiteFactsView {
  /** Path, such as `conv1/gradient`. */
  readonly site: string;
  readonly role: Role;
  readonly estimator: string;
  /** 0 where the recording does not say. */
  readonly bits: number;
  readonly scheme: string;
  /** Name of the quantizer where its levels are not uniform. */
  readonly projection?: string;
}

export interface SiteView extends SiteFactsView {
  readonly columns: Columns<typeof siteFolds>;
  /** At most one for each bucket, and of many evenly fewer; none where none was recorded. */
  readonly histograms: readonly SiteHistogram[];
}

/** What the run would have answered with another estimator at a site, by bucket; of `ownRanges` only what histograms tell. */
export interface Counterfactual {
  readonly site: string;
  readonly estimator: string;
  readonly columns: Columns<typeof answerFolds>;
  /** Why the estimator could not be replayed to the end; what it had answered before stands. */
  readonly failure?: string;
}

/** Name of the ranges that the run itself has used, among those of estimators. */
export const ownRanges = "run's own";

/** An epoch, and the number of training steps up to its end. */
export type EpochView = EpochEvent & { readonly steps: number };

/** A run as pages and charts show it: what it was, how it learned, and for each site numbers by bucket of steps. */
export interface RunView {
  /** Name of the run, as its directory was given. */
  readonly name: string;
  /**
   * `open`: has not ended as far as its files tell; it may still go on. `imported`: somebody else has recorded it, so that nothing was
   * quantized and nothing is known of how it learned; its sites have tensors and no ranges.
   */
  readonly state: "finished" | "open" | "imported";
  /** Facts about what was run, host and versions, for a table: name and value. */
  readonly facts: readonly (readonly [string, string])[];
  readonly done?: DoneEvent;
  /** Why the run has failed, if it has and did not go on. */
  readonly failure?: string;
  readonly epochs: readonly EpochView[];
  /** What a detector had found on the first test images; absent where the run is none, or no epoch is done. */
  readonly detections?: DetectedPictures;
  /** Number of training steps that are recorded or logged. */
  readonly steps: number;
  /** Steps of a bucket: bucket i holds those from i * width on. */
  readonly width: number;
  readonly learning: Columns<typeof learningFolds>;
  /** In the order of the network. */
  readonly sites: readonly SiteView[];
  readonly counterfactuals: readonly Counterfactual[];
  /** How ranges fitted at each site: `ownRanges`, and those of each counterfactual; absent where none was asked for. */
  readonly replayed?: readonly ReplayRow[];
  /** Where the ratios of the sites come from: measured in the run, or what histograms tell; absent where there are none. */
  readonly sqnrFrom?: "run" | "histograms";
  /** Sentences on what is missing or damaged; empty where everything could be read. */
  readonly missing: readonly string[];
}
