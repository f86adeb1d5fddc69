/** @file Held-out samples for evaluation: a share of all samples, drawn once. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { branch, key, permutation } from "../../core/random.ts";

/**
 * Indices of the training samples and of the test samples, both in ascending order. The share is drawn with a fixed seed and is the same
 * in every run.
 *
 * @param where the option, for the message
 * @throws `RangeflowFailure` unless the share leaves samples for both
 */
export const heldOut = (
  where: string,
  share: number,
  count: number,
): readonly [train: readonly number[], test: readonly number[]] => {
  const size = Math.round(share * count);
  if (!(size >= 1 && size < count))
    throw new RangeflowFailure(
      problem(
        where,
        `a share of ${share} of ${count} samples`,
        "a share that leaves samples for both, such as 0.2",
      ),
    );
  const drawn = new Set(permutation(branch(key(0), "split"), count).subarray(0, size));
  const samples = Array.from({ length: count }, (_, n) => n);
  return [samples.filter((n) => !drawn.has(n)), samples.filter((n) => drawn.has(n))];
};

/** The given rows of an array, one after another. */
export const rowsOf = <T extends Float32Array | Uint8Array>(
  from: T,
  width: number,
  rows: readonly number[],
): T => {
  const into = new (from.constructor as new (length: number) => T)(rows.length * width);
  for (const [i, n] of rows.entries()) into.set(from.subarray(n * width, (n + 1) * width), i * width);
  return into;
};
