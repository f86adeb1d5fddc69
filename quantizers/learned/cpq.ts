import { nanToNum } from "../../core/nanToNum.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import type { Noise } from "../projections/projection.ts";
import { type Grid, likeliestOf, slopesOf, topLeft, topOf } from "./gridCategories.ts";
import { chanceToStay, drawnMask, logitOf, maskSlope, restingMask } from "./hardConcrete.ts";
import { transformEntry } from "./learnedEntry.ts";
import { leastParameter } from "./learnedRange.ts";
import { unchanged } from "./unchanged.ts";
import type { LearnedValues, WeightTransform } from "./weightTransform.ts";

const declared = options({
  sigma: { type: "number", default: 0.3, least: 0.05, most: 3, help: "spread of a weight, in steps" },
  drop: {
    type: "number",
    default: 0,
    least: 0,
    most: 0.9,
    help: "probability that a bit is dropped in the first step; 0: no bit is ever dropped and no masks are learned",
  },
  penalty: {
    type: "number",
    default: 0,
    least: 0,
    most: 1e6,
    help: "penalty in the loss for each bit that is expected to stay",
  },
});

const step = (bits: number): LearnedValues => ({
  name: "step",
  start: (w) =>
    Float32Array.of(
      Math.max(w.reduce((most, one) => Math.max(most, Math.abs(one)), 0) / topOf(bits), leastParameter),
    ),
  learning: { optimizer: "network", decays: false, keep: (a) => Math.max(a, leastParameter) },
});

const dropBits = (bits: number, drop: number): LearnedValues => ({
  name: "dropBits",
  start: () => new Float32Array(bits - 2).fill(logitOf(drop)),
  learning: { optimizer: "network", decays: false, keep: (logit) => logit },
});

/** Mask of a bit: a factor, and its derivative with respect to the logit. */
interface Mask {
  readonly mask: number;
  readonly slope: number;
}

/** The mask of each bit that can be dropped: drawn with noise, or its value without. */
const masksOf = (logits: Float32Array, noise: Noise | undefined): readonly Mask[] => {
  const noises = noise?.(logits.length);
  return Array.from(logits, (logit, k) => {
    if (noises === undefined) return { mask: restingMask(logit), slope: 0 };
    const u = 0.5 + (noises[k] as number);
    return { mask: drawnMask(logit, u), slope: maskSlope(logit, u) };
  });
};

/** z of each band: a bit is kept if its own mask and those of all lower bits are. */
const bandsOf = (masks: readonly number[]): readonly number[] => {
  const bands = [1];
  for (const mask of masks) bands.push((bands.at(-1) as number) * mask);
  return bands;
};

/**
 * The gradient of each logit from the gradients of log z of each band; log z is the sum of the logarithms of the masks
 * up to it.
 */
const ofMasks = (ofBands: Float64Array, masks: readonly Mask[]): readonly number[] =>
  masks.map(({ mask, slope }, k) =>
    slope === 0 ? 0 : (slope / mask) * ofBands.subarray(k + 1).reduce((sum, one) => sum + one, 0),
  );

/** d/d logit of the expected number of bits, sum_k prod_(j <= k) P(mask j is not 0). */
const expectedSlopes = (logits: readonly number[]): readonly number[] => {
  const chances = logits.map(chanceToStay);
  const expected = bandsOf(chances);
  return chances.map(
    (chance, k) => (1 - chance) * expected.slice(k + 1).reduce((sum, product) => sum + product, 0),
  );
};

/** Stand-in for infinity. */
const largest = 3.4e38;

const inSteps = (weights: Float32Array, a: number): Float64Array => {
  const w = nanToNum(weights, { lo: -largest, hi: largest });
  const v = new Float64Array(w.length);
  for (let i = 0; i < v.length; i++) v[i] = (w[i] as number) / a;
  return v;
};

/** Gradients of the weights, of the step (without LSQ's gradient scale), and of log z of each band divided by the step. */
const pulledBack = (dy: Float32Array, v: Float64Array, codes: Int8Array, grid: Grid) => {
  const slopesAt = slopesOf(grid);
  const dw = new Float32Array(v.length);
  const ofBands = new Float64Array(grid.bands.length);
  let ofStep = 0;
  for (let i = 0; i < v.length; i++) {
    const g = dy[i] as number;
    const found = slopesAt(v[i] as number);
    dw[i] = g * found.slope;
    ofStep += g * ((codes[i] as number) - (v[i] as number) * found.slope);
    for (let band = 0; band < ofBands.length; band++)
      ofBands[band] = (ofBands[band] as number) + g * (found.ofBands[band] as number);
  }
  return { dw, ofStep, ofBands };
};

/**
 * Cluster-promoting quantization (CPQ) with DropBits. A weight falls on each grid point i a with some probability. The
 * forward pass takes the most probable point; the backward pass goes through all probabilities, so that weights near a
 * point hardly move and weights between two points do. DropBits may drop the topmost bits of all weights of a layer:
 * masks, drawn anew in each training step, multiply the probabilities, and the logits they are drawn from are trained.
 *
 *     v = w / a,   pi_i ~ z_i (sigmoid((i + 1/2 - v) / sigma) - sigmoid((i - 1/2 - v) / sigma)),   wq = a argmax_i pi_i
 *     dwq/dw = d/dv sum_i i pi_i,   dwq/da = (wq - w dwq/dw) / a,   dwq/dz = a d/dz sum_i i pi_i
 *
 * A reconstruction, not reproduced: no code was released. Ours: a bit is kept if its own mask and those of all lower
 * bits are; two bits are always kept; a starts as max|w| / (2^(b-1) - 1), and its gradient is scaled as in LSQ;
 * evaluation uses the masks without noise. Products are integers.
 *
 * @param sigma spread of a weight, in steps, from 0.05 to 3. Default: 0.3.
 * @param drop probability in the first step that a bit is dropped, up to 0.9. Default: 0: no bit is ever dropped, and
 *   there are no masks.
 * @param penalty added to the loss for each bit that is expected to be kept. Default: 0.
 * @example
 * cpq().transform(Float32Array.of(-1, 0.2, 0.9), { bits: 2, outputs: 1 }).values; // [-1, 0, 1]
 * @see Lee et al. 2021, arXiv:2109.02100, by way of a reading note (docs/methods.md 7.3)
 */
export const cpq = (given: Given<typeof declared> = {}): WeightTransform => {
  const { sigma, drop, penalty } = withDefaults(declared, given, "cpq");
  const learns = (bits: number): readonly LearnedValues[] =>
    bits === 32 ? [] : drop > 0 && bits > 2 ? [step(bits), dropBits(bits, drop)] : [step(bits)];
  return {
    name: "cpq",
    roles: ["weight"],
    integerBits: [2, 3, 4, 5, 6, 7, 8],
    learns,
    transform: (weights, { bits, noise, learned = learns(bits).map(({ start }) => start(weights)) }) => {
      const [steps, logits] = learned;
      if (steps === undefined) return unchanged(weights);
      const a = steps[0] as number;
      const masks = logits && masksOf(logits, noise);
      const bands = masks ? bandsOf(masks.map(({ mask }) => mask)) : new Array<number>(bits - 1).fill(1);
      const grid = { sigma, bands };
      const v = inSteps(weights, a);
      const likeliest = likeliestOf(grid);
      const codes = new Int8Array(v.length);
      const values = new Float32Array(v.length);
      const top = topLeft(grid);
      let clipped = 0;
      for (let i = 0; i < v.length; i++) {
        const one = v[i] as number;
        codes[i] = likeliest(one);
        values[i] = a * (codes[i] as number);
        if (Math.abs(one) > top + 0.5) clipped++;
      }
      const most = topOf(bits);
      const params = {
        bits,
        qmin: -most,
        qmax: most,
        scale: Float32Array.of(a),
        zeroPoint: Int32Array.of(0),
      };
      return {
        values,
        integers: { codes, params },
        range: { lo: -a * top, hi: a * top },
        clipped,
        pullback: (dy) => {
          const { dw, ofStep, ofBands } = pulledBack(dy, v, codes, grid);
          const learnedStep = Float32Array.of(ofStep / Math.sqrt(v.length * most));
          if (logits === undefined || masks === undefined) return { dw, learned: [learnedStep] };
          const charged = expectedSlopes([...logits]);
          const slopes = ofMasks(ofBands, masks).map((of, k) => a * of + penalty * (charged[k] as number));
          return { dw, learned: [learnedStep, Float32Array.from(slopes)] };
        },
      };
    },
  };
};

/** `cpq` in the catalogue of quantizers of weights. */
export const cpqEntry = transformEntry({
  name: "cpq",
  summary:
    "reconstruction, not reproduced: weights as categories of grid points; DropBits learns which bits stay",
  source: "Lee et al. 2021, arXiv:2109.02100",
  options: declared,
  make: cpq,
});
