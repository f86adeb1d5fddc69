/**
 * Schedule of trial steps, which train on one batch twice: the update after a trial restarts from where the trial
 * began.
 */
export interface Trials {
  /** Whether the update of this step is a trial, to be taken back by the next one. */
  readonly isTrial: (step: number) => boolean;
  /** Whether the update of this step restarts from where the trial before it began. */
  readonly isReturn: (step: number) => boolean;
  /** Number of the batch of a step; that of a trial is repeated in the next step. */
  readonly batch: (step: number) => number;
}

/**
 * Trial steps on the last of every `period` batches, which is therefore used twice.
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
