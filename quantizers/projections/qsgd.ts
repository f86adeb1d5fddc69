import { largestFloat } from "../../core/largestFloat.ts";
import { nanToNum } from "../../core/nanToNum.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { largestEnd } from "../../core/range.ts";
import { square } from "../../core/square.ts";
import { adaFlLevels, trainingLosses } from "./adaFlLevels.ts";
import { bucketOption } from "./buckets.ts";
import type { Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";

const declared = options({
  levels: {
    type: "integer",
    optional: true,
    least: 1,
    most: 32767,
    help: "number of levels above zero; default: as many as the bits hold, or 2 at the start of schedule=adaptive",
  },
  schedule: {
    type: "choice",
    choices: ["fixed", "adaptive"],
    default: "fixed",
    help: "adaptive: more levels as the training loss falls (AdaQuantFL), up to what the bits hold",
  },
  bucket: bucketOption("a norm"),
});

/** Replaces infinities by the largest float32 numbers, in place. */
const limit = (values: Float32Array): void => {
  for (let i = 0; i < values.length; i++)
    values[i] = Math.min(Math.max(values[i] as number, -largestFloat), largestFloat);
};

/**
 * Stochastic levels between 0 and the Euclidean norm of a vector (QSGD): unbiased, and mostly zeros if the vector is long.
 *
 *     r = levels |x| / norm;   x -> sign(x) norm (floor(r) + Bernoulli(r - floor(r))) / levels
 *
 * Levels follow the tensor; the estimator's range is not used.
 *
 * @param levels above zero. Default: 2^(bits-1) - 1, which `bits` bits can represent beside 0 and the sign. With the schedule
 *   `adaptive` it is the initial number, with a default of 2, and never more than the bits can represent.
 * @param schedule `fixed`, or `adaptive`: more levels as the training loss falls, as in AdaQuantFL. There, model updates sent to a
 *   server have these levels; here, gradients inside the network have them. Default: `fixed`.
 * @param bucket number of elements that share a norm; 0 for the whole tensor, as published. Default: 0.
 * @example
 * tryProjection(qsgd({ levels: 5 }), [3, 0.2, -4]).values; // [3.002399, 0, -4.003199]
 * @see seen in an implementation of AdaQuantFL only (docs/methods.md 7.5); buckets are our addition
 */
export const qsgd = (given: Given<typeof declared> = {}): Projection => {
  const { levels, schedule, bucket } = withDefaults(declared, given, "qsgd");
  return {
    name: "qsgd",
    options: { bucket, ...(levels !== undefined && { levels }) },
    follows: "tensor",
    rounding: "stochastic",
    roles: ["gradient"],
    project: (x, { bits, range, quantities, noise }) => {
      const known = nanToNum(x, range);
      const words = new Uint32Array(known.buffer, known.byteOffset, known.length);
      const values = new Float32Array(x.length);
      const most = 2 ** (bits - 1) - 1;
      const count =
        schedule === "adaptive"
          ? adaFlLevels(trainingLosses.in(quantities), {
              most,
              ...(levels !== undefined && { start: levels }),
            })
          : (levels ?? most);
      const noises = noise?.(x.length);
      const size = bucket || x.length;
      for (let first = 0; first < x.length; first += size) {
        const end = Math.min(first + size, x.length);
        let squares = 0;
        for (let i = first; i < end; i++) squares += square(known[i] as number);
        const norm = Math.sqrt(squares);
        if (norm === 0) continue;
        for (let i = first; i < end; i++) {
          const v = known[i] as number;
          const level = Math.floor((count * Math.abs(v)) / norm + 0.5 + (noises ? (noises[i] as number) : 0));
          // The sign without a branch that would be mispredicted half of the time; -0 becomes 0.
          values[i] = ((norm * level) / count) * (1 - 2 * ((words[i] as number) >>> 31)) + 0;
        }
        // The level above a large element of a long vector may exceed float32.
        if (norm / count > largestEnd) limit(values.subarray(first, end));
      }
      return { values, clipped: 0 };
    },
  };
};

/** `qsgd` in the catalogue of quantizers. */
export const qsgdEntry = projectionEntry({
  name: "qsgd",
  summary: "levels between 0 and the Euclidean norm, unbiased; mostly zeros for long tensors",
  source: "Jhunjhunwala et al. 2021, arXiv:2102.04487; seen in third-party code",
  note: "The error grows with sqrt(elements that share a norm) / levels: with 4 bits LeNet-5 diverges on one norm for a tensor, and trains with bucket=512 or fewer (docs/what-does-not-train.md).",
  options: declared,
  make: qsgd,
});
