/** @file What a run is judged by beside its loss, under the names that events give it; more is better. */

/** `accuracy` is the share of images that are told right, `psnr` the peak signal-to-noise ratio in dB. */
export type ScoreName = "accuracy" | "psnr";

/** Those of one epoch; which of them are there is up to the task. */
export interface EpochScores {
  readonly trainAccuracy?: number;
  readonly testAccuracy?: number;
  readonly trainPsnr?: number;
  readonly testPsnr?: number;
}

/** Those of a run, after its last epoch and at their best. */
export interface FinalScores {
  readonly testAccuracy?: number;
  readonly bestTestAccuracy?: number;
  readonly testPsnr?: number;
  readonly bestTestPsnr?: number;
}

export const testScore = (score: ScoreName, test: number): Pick<EpochScores, "testAccuracy" | "testPsnr"> =>
  score === "accuracy" ? { testAccuracy: test } : { testPsnr: test };

export const epochScores = (score: ScoreName, train: number, test: number): EpochScores => ({
  ...(score === "accuracy" ? { trainAccuracy: train } : { trainPsnr: train }),
  ...testScore(score, test),
});

/** From the test scores of all epochs. */
export const finalScores = (score: ScoreName, tests: readonly number[]): FinalScores => {
  const last = tests.at(-1) ?? Number.NaN;
  const best = Math.max(...tests);
  return score === "accuracy"
    ? { testAccuracy: last, bestTestAccuracy: best }
    : { testPsnr: last, bestTestPsnr: best };
};

/** The score that a run is judged by. */
export const scoreOf = ({ testPsnr }: FinalScores): ScoreName =>
  testPsnr === undefined ? "accuracy" : "psnr";

/** After the last epoch, whatever the score is. */
export const lastTest = ({ testAccuracy, testPsnr }: FinalScores): number =>
  testAccuracy ?? testPsnr ?? Number.NaN;

/** At its best, whatever the score is. */
export const bestTest = ({ bestTestAccuracy, bestTestPsnr }: FinalScores): number =>
  bestTestAccuracy ?? bestTestPsnr ?? Number.NaN;

/** PSNR in dB: what the rounding of pixels in float32 leaves of it. */
const psnrResolution = 1e-6;

/** By how much two scores differ at least, if they do: an accuracy by one test image. */
export const scoreResolution = (done: FinalScores & { readonly testImages: number }): number =>
  scoreOf(done) === "accuracy" ? 1 / done.testImages : psnrResolution;
