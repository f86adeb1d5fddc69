/** @file Data that a run trains on and is evaluated on. */
import type { Batch } from "../../operators/module/build.ts";
import type { Batches } from "./batches.ts";
import type { DataContent } from "./dataContent.ts";
import type { ImageShape } from "./labelledImages.ts";
import type { Normalization } from "./normalization.ts";

/** Facts about the data that a network may depend on when it is built. */
export interface DataFacts {
  /** Name in events and tables. */
  readonly name: string;
  /** [H, W, C] of one training input. */
  readonly shape: ImageShape;
  /** Class names; a target is an index into them. Empty for regression and super-resolution. */
  readonly classes: readonly string[];
  /** [H, W, C] of one target; undefined if targets are classes. */
  readonly targetShape: ImageShape | undefined;
  /**
   * How bytes from 0 to 255 become inputs, per channel; absent unless inputs are made from bytes. For information only: batches are
   * normalized already.
   */
  readonly normalization?: Normalization;
}

/** Training batches, in a new order each epoch, and test batches, of which there may be none. */
export interface TrainAndTest {
  readonly train: Batches;
  readonly test: Batches;
}

/**
 * Data of a run. A batch depends on its number alone, so a resumed run gets the same batches.
 *
 * `images`, `pairs`, `fromArrays` and `fromBoxes` make data sets. A data set of your own is a value of this type.
 */
export interface Dataset extends DataFacts {
  /** Distinguishes data sets that have the same content but make different batches, for example `augmented`. */
  readonly variant?: string;
  /** Sample counts, and a hash of all training and test samples and targets. */
  readonly content: () => DataContent;
  /**
   * Makes the training and test batches.
   *
   * @throws `RangeflowFailure` if there are too few samples for one batch, or samples are invalid
   */
  readonly batches: (options: { readonly batch: number; readonly seed: number }) => TrainAndTest;
  /** A training batch of `samples` arbitrary samples, as large as a real one. */
  readonly blank: (samples: number) => Batch;
}
