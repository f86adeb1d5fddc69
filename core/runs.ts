/**
 * @file Length of float32 sums: numbers are added in runs, each in order in float32, and the runs in order in float64.
 *
 * The error of a run of n numbers is at most n / 2 units in the last place of the sum of their magnitudes. Without this
 * limit, the 50,176 positions of a 224x224 image could lose more than half of the bits. Run ends affect the result's
 * bits, so all engines end runs here.
 */
export const longestRun = 128;

/** Number of runs of `count` numbers. */
export const runsOf = (count: number): number => Math.ceil(count / longestRun);
