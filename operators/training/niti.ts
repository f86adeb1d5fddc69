import { expectSync } from "../../core/eventual.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { ceilLog2, roundLog2 } from "../../core/powers.ts";
import { branch } from "../../core/random.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import { elements } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { noiseOf } from "../module/noise.ts";
import { type OptimizerOptions, optimizer, optimizerNames } from "./optimizer.ts";
import { sgdRule } from "./sgd.ts";
import { type UpdateRule, updateOnHost } from "./updateRule.ts";

/** Options of `niti`. */
export interface NitiOptions extends OptimizerOptions {
  /** Momentum of parameters that are not weights. Default: 0. */
  readonly momentum?: number;
}

/** Names of the options of `niti`. */
export const nitiNames: OptionNames<NitiOptions> = { ...optimizerNames, momentum: true };

/** Largest magnitude of a weight, in units. */
const most = 127;

/**
 * Bits of a gradient, chosen such that the largest one moves its weight by about `rate` * 128 units: 5 for 1/8, 4 for
 * 1/16. From 2 to 8.
 */
export const gradientBits = (rate: number): number => Math.min(Math.max(8 + roundLog2(rate), 2), 8);

/** Smallest exponent of a normal float32 number. */
const leastExponent = -126;

/** The unit of weights of magnitudes up to `largest`: the power of two with which they fit into 7 bits and a sign. */
export const unitFor = (largest: number): number =>
  2 ** Math.max((largest > 0 ? ceilLog2(largest) : 0) - 7, leastExponent);

const largestOf = (x: Float32Array): number => {
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const size = Math.abs(x[i] as number);
    if (size > largest && size < Number.POSITIVE_INFINITY) largest = size;
  }
  return largest;
};

/** Rounds weights to whole units, in place. */
const toUnits = (w: Float32Array, unit: number): void => {
  for (let i = 0; i < w.length; i++) {
    const whole = roundHalfEvenSmall((w[i] as number) / unit);
    w[i] = unit * Math.min(Math.max(whole, -most), most);
  }
};

/**
 * One update in place. The gradient is quantized to `bits` bits, and the integers are subtracted from the weights,
 * which are integers as well.
 *
 *     n = clamp(round(g / 2^(ceil(log2 max|g|) - (bits - 1)) + noise), -(2^(bits-1) - 1), 2^(bits-1) - 1)
 *     w / unit <- clamp(w / unit - n, -127, 127)
 *
 * A weight whose gradient is NaN stays as it is, and so do all weights if every gradient is 0.
 *
 * @param unit real value of 1 in the integers of `w`
 * @param noise in (-1/2, 1/2), one for each weight
 */
export const integerUpdate = (
  w: Float32Array,
  unit: number,
  gradient: Float32Array,
  bits: number,
  noise: Float32Array,
): void => {
  const largest = largestOf(gradient);
  if (largest === 0) return;
  const scale = 2 ** (bits - 1 - ceilLog2(largest));
  const top = 2 ** (bits - 1) - 1;
  for (let i = 0; i < w.length; i++) {
    const g = gradient[i] as number;
    const n = roundHalfEvenSmall(Math.min(Math.max(g * scale, -top), top) + (noise[i] as number));
    if (Number.isNaN(n)) continue;
    const moved = (w[i] as number) - unit * Math.min(Math.max(n, -top), top);
    w[i] = Math.min(Math.max(moved, -most * unit), most * unit);
  }
};

const nitiRule =
  (momentum: number): UpdateRule =>
  (scope, parameter, weightDecay) => {
    const { path, kind, value } = parameter;
    if (kind !== "weight") return sgdRule(momentum, false)(scope, parameter, weightDecay);
    const { engine, parameters, seed } = scope;
    /** Rounds the weights to whole units once, when parameters are created; not when they are only planned. */
    const start = (unit: Float32Array): void => {
      const weights = elements(expectSync(engine.read(value)));
      unit[0] = unitFor(largestOf(weights));
      toUnits(weights, unit[0]);
      expectSync(engine.write(value, weights));
    };
    const unit = parameters.create(`${path}/unit`, "state", [1], start).value;
    const noiseKey = branch(branch(seed, path), "update");
    return (gradient, rate, step) =>
      updateOnHost(scope, value, gradient, (w, g) => {
        if (rate === 0) return;
        const noise = noiseOf(branch(noiseKey, step))(w.length);
        const decaying = weightDecay === 0 ? g : g.map((one, i) => one + weightDecay * (w[i] as number));
        integerUpdate(w, elements(unit)[0] as number, decaying, gradientBits(rate), noise);
      });
  };

/**
 * The end of a training network (see `optimizer`) with integer weights and integer updates: no float master weights.
 * Weights are integers from -127 to 127 times a unit per tensor, and updates subtract integers. (Their storage is
 * float32, as that of all parameters.) The gradient of a tensor is quantized to a few bits relative to its own
 * magnitude, so the learning rate determines the number of bits: 1/8 corresponds to the 5 bits that NITI starts with,
 * 1/16 and 1/32 to its 4 and 3. Weights have no momentum. Biases and normalizations, which NITI does not have, are
 * trained by gradient descent.
 *
 * Ours: rounding noise from the counter-based generator, where NITI uses the low bits of integer sums; a unit derived
 * from the initial weights; weight decay, which is added to the gradient.
 *
 * @see Wang et al., NITI, the released code (docs/methods.md 8.8)
 */
export const niti = (options: NitiOptions): Module => {
  const { momentum = 0, ...others } = knownOptions("niti", options, nitiNames);
  return optimizer(nitiRule(momentum), others);
};
