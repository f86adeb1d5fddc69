/** When training tries a step, takes it back, and goes on from what it has seen there: on one batch twice. */
export interface Trials {
  /** Whether the update of this step is to be taken back by the next one. */
  readonly isTrial: (step: number) => boolean;
  /** Whether the update of this step begins where the trial before it did. */
  readonly isReturn: (step: number) => boolean;
  /** The batch of a step: that of a trial comes again. */
  readonly batch: (step: number) => number;
}

/**
 * Every so many batches, the last of them is gone through twice.
 *
 *     period 3:   step 0 1 2 3 4 5 6 7,   batch 0 1 2 2 3 4 5 5,   trials at steps 2 and 6
 *
 * @param period batches from one trial to the next, 1 or more
 */
export const trialsEvery = (period: number): Trials => ({
  isTrial: (step) => step % (period + 1) === period - 1,
  isReturn: (step) => step % (period + 1) === period,
  batch: (step) => step - Math.floor((step + 1) / (period + 1)),
});
