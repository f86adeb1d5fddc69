import { finite } from "./finite.ts";
import type { Projection } from "./projection.ts";

/**
 * Stochastic levels between 0 and the Euclidean norm of a vector: unbiased, and mostly zeros where the vector is long.
 *
 *     r = levels |x| / norm;   x -> sign(x) norm (floor(r) + Bernoulli(r - floor(r))) / levels
 *
 * Levels follow the tensor, so the estimator's range is not used.
 *
 * @param levels above 0; without it the 2^(bits-1) - 1 that so many bits hold beside 0 and the sign
 * @param bucket elements that share a norm; 0: all of the tensor, as the rule is written
 * @see seen in an implementation of AdaQuantFL only (methods.md 7.5); buckets are our addition
 */
export const qsgd = ({
  levels,
  bucket = 0,
}: {
  readonly levels?: number;
  readonly bucket?: number;
} = {}): Projection => ({
  name: "qsgd",
  roles: ["gradient"],
  project: (x, { bits, range, noise }) => {
    const known = finite(x, range);
    const values = new Float32Array(x.length);
    const count = levels ?? 2 ** (bits - 1) - 1;
    const size = bucket || x.length;
    for (let first = 0; first < x.length; first += size) {
      const end = Math.min(first + size, x.length);
      let squares = 0;
      for (let i = first; i < end; i++) squares += (known[i] as number) ** 2;
      const norm = Math.sqrt(squares);
      if (norm === 0) continue;
      for (let i = first; i < end; i++) {
        const v = known[i] as number;
        const level = Math.floor((count * Math.abs(v)) / norm + 0.5 + (noise ? noise(i) : 0));
        values[i] = v < 0 ? 0 - (norm * level) / count : (norm * level) / count;
      }
    }
    return { values, clipped: 0 };
  },
});

/**
 * How many levels AdaQuantFL takes at a loss: few while it is large, more as it falls.
 *
 *     ceil(sqrt(firstLoss / loss) first),   at most `most`
 *
 * @see Jhunjhunwala et al. 2021, arXiv:2102.04487; the rule as an implementation of DAdaQuant has it
 */
export const adaFlLevels =
  ({
    firstLoss,
    first = 2,
    most = 127,
  }: {
    readonly firstLoss: number;
    readonly first?: number;
    readonly most?: number;
  }) =>
  (loss: number): number =>
    loss > 0 ? Math.min(Math.ceil(Math.sqrt(firstLoss / loss) * first), most) : most;
