/** @file The order of a run: each epoch trains on all batches, then evaluates on all test batches. */

/** Position of a batch in a run. */
export interface BatchPlace {
  readonly training: boolean;
  /** Counted from 0. */
  readonly epoch: number;
  /** Training steps before this batch. */
  readonly step: number;
  /** Number of the batch within the training or evaluation part of its epoch. */
  readonly position: number;
  readonly isLastOfEpoch: boolean;
}

/** Numbers of batches and epochs of a run. */
export interface Timetable {
  readonly trainBatches: number;
  readonly testBatches: number;
  readonly epochs: number;
}

/** Number of batches of the whole run. */
export const batchesIn = ({ trainBatches, testBatches, epochs }: Timetable): number =>
  epochs * (trainBatches + testBatches);

/** Position of batch `index` in a run. */
export const batchPlaceOf = ({ trainBatches, testBatches }: Timetable, index: number): BatchPlace => {
  const perEpoch = trainBatches + testBatches;
  const epoch = Math.floor(index / perEpoch);
  const position = index % perEpoch;
  const training = position < trainBatches;
  return {
    training,
    epoch,
    step: epoch * trainBatches + Math.min(position, trainBatches),
    position: training ? position : position - trainBatches,
    isLastOfEpoch: position === perEpoch - 1,
  };
};
