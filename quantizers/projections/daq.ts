import { nanToNum } from "../../core/nanToNum.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import { square } from "../../core/square.ts";
import { momentsOf } from "../moments.ts";
import type { Projected, Projecting, Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";
import { extremesOf } from "./rows.ts";

const declared = options({
  table: {
    type: "choice",
    choices: ["paper", "released"],
    default: "paper",
    help: "step sizes by bits; released: those of one bit less, as in the authors' code",
  },
});

/** Best step for a normal distribution at 1, 2, .., 8 bits, in standard deviations. */
const stepTable = [1.596, 0.996, 0.586, 0.335, 0.188, 0.104, 0.057, 0.031] as const;

/** `released`: as in the authors' code, which uses the step of one bit less; 2 bits have the step of 1. */
export type DaqTable = "paper" | "released";

/** The step of DAQ at a bit width, in standard deviations. */
export const daqStep = (bits: number, table: DaqTable): number =>
  stepTable[bits - (table === "paper" ? 1 : 2)] as number;

/** Elements that are quantized together: first, first + stride, .. */
interface Group {
  readonly first: number;
  readonly stride: number;
  readonly count: number;
}

/** Each channel of each sample. If channels have one element each, which has no spread, a sample is one group. */
const channelsOf = ({ shape }: Pick<Projecting, "shape">): readonly Group[] => {
  const [n = 0, h = 1, w = 1, c = 1] = shape;
  const size = h * w * c;
  return Array.from({ length: n }, (_, sample) =>
    h * w === 1
      ? [{ first: sample * size, stride: 1, count: c }]
      : Array.from({ length: c }, (_, channel) => ({
          first: sample * size + channel,
          stride: c,
          count: h * w,
        })),
  ).flat();
};

/** The elements of a group, contiguous. */
const gathered = (x: Float32Array, { first, stride, count }: Group): Float32Array => {
  const group = new Float32Array(count);
  for (let j = 0; j < count; j++) group[j] = x[first + j * stride] as number;
  return group;
};

/**
 * Standard deviation of the positive elements as in the released code, which counts one more element at 0: sqrt(E[x^2] - E[x]^2)
 * with both sums divided by n + 1.
 */
const positiveDeviation = (x: Float32Array): number => {
  let [sum, count] = [0, 1];
  for (let i = 0; i < x.length; i++)
    if ((x[i] as number) > 0) {
      sum += x[i] as number;
      count++;
    }
  const mean = sum / count;
  let squares = square(mean);
  for (let i = 0; i < x.length; i++) if ((x[i] as number) > 0) squares += square((x[i] as number) - mean);
  return Math.sqrt(squares / count);
};

/**
 * Distribution-aware quantization (DAQ): a grid around the mean of each channel of each sample, or around 0 for weights.
 *
 *     d = step sigma;   x -> clamp((round((x - mean) / d + 1/2) - 1/2) d, -end, end) + mean,   end = (2^bits / 2 - 1/2) d
 *
 * After a rectifier (if the smallest element is 0), sigma is that of the positive elements, and x -> d round(x / d) without an
 * upper end, so there may be more levels than the bits can represent. Constant channels are unchanged. Gradients pass everywhere.
 * Levels follow the tensor; the estimator's range is not used.
 *
 * @param table step for each bit width: the `paper`'s, or that of the `released` code. Default: `paper`.
 * @example
 * tryProjection(daq(), [-1, 0.5, 2], { bits: 2, role: "weight" }).values; // [-0.747, 0.747, 2.241]
 * @see Hong et al. 2022, arXiv:2012.11230, as in the authors' code, without its quantization of sigma itself
 */
export const daq = (given: Given<typeof declared> = {}): Projection => {
  const { table } = withDefaults(declared, given, "daq");
  return {
    name: "daq",
    options: { table },
    follows: "tensor",
    rounding: "nearest",
    roles: ["weight", "activation"],
    project: (x, how): Projected => {
      const known = nanToNum(x, how.range);
      const isWeight = how.role === "weight";
      const isRectified = !isWeight && extremesOf(known, 0, known.length)[0] === 0;
      const step = daqStep(how.bits, table);
      const values = new Float32Array(x.length);
      let clipped = 0;
      const groups = isWeight ? [{ first: 0, stride: 1, count: x.length }] : channelsOf(how);
      for (const group of groups) {
        const elements = gathered(known, group);
        const { mean, deviation } = isRectified
          ? { mean: 0, deviation: positiveDeviation(elements) }
          : momentsOf(elements);
        const center = isWeight ? 0 : mean;
        const d = step * deviation;
        if (d === 0) {
          for (let j = 0; j < group.count; j++)
            values[group.first + j * group.stride] = elements[j] as number;
          continue;
        }
        const half = isRectified ? 0 : 0.5;
        const end = isRectified ? Number.POSITIVE_INFINITY : (2 ** how.bits / 2 - 0.5) * d;
        for (let j = 0; j < group.count; j++) {
          const v = (elements[j] as number) - center;
          const level = (roundHalfEvenSmall(v / d + half) - half) * d;
          if (Math.abs(v) > end) clipped++;
          values[group.first + j * group.stride] = Math.min(Math.max(level, -end), end) + center;
        }
      }
      return { values, clipped };
    },
  };
};

/** `daq` in the catalogue of quantizers. */
export const daqEntry = projectionEntry({
  name: "daq",
  summary:
    "grid around the mean of each channel of each sample, for weights around 0; table=released: as in the authors' code",
  source: "Hong et al. 2022, arXiv:2012.11230",
  options: declared,
  make: daq,
});
