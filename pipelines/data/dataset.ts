/** @file What a run trains on and is evaluated on, whatever it is made of. */
import type { Batch } from "../../operators/module/build.ts";
import type { Batches } from "./batches.ts";
import type { DataContent } from "./dataContent.ts";
import type { ImageShape } from "./labelledImages.ts";

/** Mean and standard deviation of each channel: (byte / 255 - mean) / std, computed in float64, rounded once to float32. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Facts about the data that a network may depend on when it is built. */
export interface DataFacts {
  readonly name: string;
  /** [H, W, C] of one input, as training shows it. */
  readonly shape: ImageShape;
  /** Class names, of which targets are indices; empty where targets are numbers. */
  readonly classes: readonly string[];
  /** [H, W, C] of one target; undefined where targets are classes. */
  readonly targetShape: ImageShape | undefined;
  /** How bytes from 0 to 255 become inputs, by channel; missing where inputs are no bytes. It decides nothing: inputs come normalized. */
  readonly normalization?: Normalization;
}

/** Batches of training, in an order of each epoch, and of evaluation; the latter may be none. */
export interface TrainAndTest {
  readonly train: Batches;
  readonly test: Batches;
}

/**
 * Data of a run: batches made from their number alone, so that a run that is resumed gets the same ones.
 *
 * `images`, `pairs` and `fromArrays` make them; one of your own is a value of the same type.
 */
export interface Dataset extends DataFacts {
  /** Name that tells it from data of the same content whose batches are others, such as `augmented`. */
  readonly variant?: string;
  /** Counts, and a hash of all samples and targets, of training and test. */
  readonly content: () => DataContent;
  /** @throws `RangeflowFailure` if there are too few samples for one batch, or something is wrong with them */
  readonly batches: (options: { readonly batch: number; readonly seed: number }) => TrainAndTest;
  /** A training batch of so many samples with any values, as large as a real one. */
  readonly blank: (samples: number) => Batch;
}
