/**
 * @file How long a float32 sum may get: numbers are added in runs, each in order in float32, and the runs in order in float64.
 *
 * A run of n numbers is off by n / 2 units in the last place of the sum of their magnitudes at most. Without an end, the 50,176 positions of
 * an image of 224 by 224 could take more than half of the bits. Where a run ends shows in the bits, so all engines end it here.
 */
export const longestRun = 128;

/** Runs of so many numbers. */
export const runsOf = (count: number): number => Math.ceil(count / longestRun);
