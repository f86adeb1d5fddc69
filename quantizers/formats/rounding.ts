/** @file Rounding to the numbers of an element format, and their codes. */
import { floorLog2 } from "../../core/powers.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import type { ElementFormat } from "./elementFormat.ts";

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** Steps of a format and their inverses, by the exponent field of a float32 number. */
interface Steps {
  readonly steps: Float64Array;
  readonly perStep: Float64Array;
}

const stepsOf = ({ mantissaBits, leastExponent }: ElementFormat): Steps => {
  const steps = Float64Array.from(
    { length: 256 },
    (_, field) => 2 ** (Math.max(field - 127, leastExponent) - mantissaBits),
  );
  return { steps, perStep: steps.map((step) => 1 / step) };
};

const known = new WeakMap<ElementFormat, Steps>();

const knownSteps = (format: ElementFormat): Steps => {
  const steps = known.get(format) ?? stepsOf(format);
  known.set(format, steps);
  return steps;
};

/** Elements of a tensor that share a scale, and what they become. */
export interface ScaledElements {
  readonly x: Float32Array;
  /** What they become, in the same places. */
  readonly values: Float32Array;
  /** Noise in (-1/2, 1/2) for each element, for stochastic rounding; `undefined` for rounding to nearest. */
  readonly noises: Float32Array | undefined;
}

/**
 * A function that rounds elements `first` to `end` - 1 of a tensor to numbers of a format times a scale:
 *
 *     values[i] = each round(x[i] per),   per = 1 / each but for rounding
 *
 * Products are float32 numbers. They are rounded to the nearest number of the format, ties to the even code, or with noise to one of both
 * neighbours, so that the expectation is the product. Magnitudes above the largest number become that number; the function returns how
 * many these are.
 *
 * @example
 * const values = new Float32Array(3);
 * const [round, x] = [scaledRounding(floatFormats.e2m1), Float32Array.of(0.5, 1, -40)];
 * [round({ x, values, noises: undefined }, 0, 3, 0.5, 2), ...values]; // [1, 0, 1, -12]
 */
export const scaledRounding = (
  format: ElementFormat,
): ((scaled: ScaledElements, first: number, end: number, per: number, each: number) => number) => {
  const { steps, perStep } = knownSteps(format);
  const { max } = format;
  return ({ x, values, noises }, first, end, per, each) => {
    let saturated = 0;
    for (let i = first; i < end; i++) {
      const value = x[i] as number;
      const magnitude = Math.abs(Math.fround(value * per));
      const limited = Math.min(magnitude, max);
      float[0] = limited;
      const field = (word[0] as number) >>> 23;
      const noise = noises === undefined ? 0 : (noises[i] as number);
      const count = roundHalfEvenSmall(limited * (perStep[field] as number) + noise);
      saturated += Number(magnitude > max);
      // The sign without a branch that would be mispredicted half of the time. Adding 0 turns -0 into 0, which is another number.
      values[i] = Math.min(count * (steps[field] as number), max) * each * (1 - 2 * Number(value < 0)) + 0;
    }
    return saturated;
  };
};

/**
 * A number rounded to the nearest number of a format, ties to the even code. Magnitudes above the largest number become that number.
 *
 * @example
 * [0.25, 0.26, 2.5, 5, -3.5, 100].map((x) => roundedTo(floatFormats.e2m1, x)); // [0, 0.5, 2, 4, -4, 6]
 */
export const roundedTo = (format: ElementFormat, x: number): number => {
  const values = Float32Array.of(x);
  scaledRounding(format)({ x: values, values, noises: undefined }, 0, 1, 1, 1);
  return values[0] as number;
};

/**
 * Code of a number of a format: sign, exponent and mantissa, or an integer in two's complement. 0 has the code 0, also where a standard
 * keeps the sign of a number that was rounded to 0.
 *
 * @example
 * [elementCode(floatFormats.e4m3, 448), elementCode(floatFormats.e2m1, -2), elementCode(integerFormat(8), -0.5)]; // [126, 12, 224]
 */
export const elementCode = (format: ElementFormat, value: number): number => {
  const { bits, mantissaBits, leastExponent, isInteger = false } = format;
  if (isInteger) return (value * 2 ** mantissaBits) & (2 ** bits - 1);
  if (value === 0) return 0;
  const magnitude = Math.abs(value);
  const exponent = Math.max(floorLog2(magnitude), leastExponent);
  const code = (exponent - leastExponent) * 2 ** mantissaBits + magnitude / 2 ** (exponent - mantissaBits);
  return value < 0 ? code + 2 ** (bits - 1) : code;
};

/**
 * The number of a code, the inverse of `elementCode`. Codes for NaN and infinities give the number that they would be without these.
 *
 * @example
 * [elementValue(floatFormats.e4m3, 126), elementValue(floatFormats.e2m1, 12), elementValue(integerFormat(8), 224)]; // [448, -2, -0.5]
 */
export const elementValue = (format: ElementFormat, code: number): number => {
  const { bits, mantissaBits, leastExponent, isInteger = false, isUnsigned = false } = format;
  const sign = 2 ** (bits - 1);
  if (isInteger) return (code < sign ? code : code - 2 * sign) / 2 ** mantissaBits;
  const isNegative = !isUnsigned && code >= sign;
  const magnitude = isNegative ? code - sign : code;
  const [field, mantissa] = [Math.floor(magnitude / 2 ** mantissaBits), magnitude % 2 ** mantissaBits];
  const value =
    field === 0
      ? mantissa * 2 ** (leastExponent - mantissaBits)
      : (2 ** mantissaBits + mantissa) * 2 ** (field - 1 + leastExponent - mantissaBits);
  return (isNegative ? -value : value) + 0;
};
