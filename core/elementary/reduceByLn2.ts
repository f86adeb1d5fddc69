import { fromWord } from "./float64.ts";
import { ln2Lower, ln2Upper } from "./ln2.ts";

const perLn2 = Math.LOG2E;

/** About ln(2) / 2 and 3 ln(2) / 2: below the first nothing is taken away, below the second one ln(2). */
const [half, oneAndAHalf] = [fromWord(0x3fd62e43), fromWord(0x3ff0a2b2)] as const;

/** What is left of x without k ln(2): `upper - lower`, each exact. */
export const reduced = { k: 0, upper: 0, lower: 0 };

/** Writes x - k ln(2), the nearest to 0, to `reduced`. */
export const reduceByLn2 = (x: number): void => {
  const size = Math.abs(x);
  const k =
    size < half ? 0 : size < oneAndAHalf ? Math.sign(x) : Math.trunc(perLn2 * x + (x < 0 ? -0.5 : 0.5));
  reduced.k = k;
  reduced.upper = x - k * ln2Upper;
  reduced.lower = k * ln2Lower;
};
