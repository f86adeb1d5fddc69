/** @file Scales of microscaling formats: a power of two for a block, stored as its exponent in a byte (E8M0). */

/**
 * How the power of two follows from the largest magnitude m of a block, for elements up to `max` with `mostExponent` e:
 *
 * - `floor`: 2^(floor(log2 m) - e), as OCP defines; elements above `max` saturate, which loses up to 1/8 of E4M3's and 1/4 of E2M1's
 * - `rceil`: 2^ceil(log2(m / max)), with which nothing saturates, as NVIDIA's libraries have it
 * - `ceil`: 2^(ceil(log2 m) - e)
 * - `even`: `floor` of m rounded to the mantissa of the elements
 */
export const sharedExponentModes = ["floor", "rceil", "ceil", "even"] as const;

/** One of `sharedExponentModes`. */
export type SharedExponentMode = (typeof sharedExponentModes)[number];

/** The elements that share a scale. */
export interface ScaledFormat {
  /** The largest number. */
  readonly max: number;
  /** Exponent of the largest number. */
  readonly mostExponent: number;
  /** Bits after the leading one. */
  readonly mantissaBits: number;
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

const bitsOf = (x: number): number => {
  float[0] = x;
  return word[0] as number;
};

const mantissaOf = (bits: number): number => bits & 0x7fffff;

const limited = (exponent: number): number => Math.min(Math.max(exponent, 0), 254);

/**
 * The exponent byte E8M0 of a block, 0 to 254; its scale is 2^(byte - 127).
 *
 * @param largest the largest magnitude of the block, finite
 * @example
 * [sharedExponent(3.5, floatFormats.e2m1, "floor"), sharedExponent(3.5, floatFormats.e2m1, "rceil")]; // [126, 127]
 * @see OCP Microscaling Formats (MX) 1.0, section 6.3; the other modes as in torchao 0.18
 */
export const sharedExponent = (
  largest: number,
  { max, mostExponent, mantissaBits }: ScaledFormat,
  mode: SharedExponentMode,
): number => {
  if (mode === "rceil") {
    const bits = bitsOf(largest / max);
    const field = bits >>> 23;
    // Subnormal numbers up to 2^-127 have the smallest scale, which is 2^-127.
    const isUp = mantissaOf(bits) > (field === 0 ? 0x400000 : 0);
    return limited(field + Number(isUp));
  }
  const rounding = mode === "even" ? 2 ** (22 - mantissaBits) : 0;
  const bits = bitsOf(largest) + rounding;
  const isUp = mode === "ceil" && mantissaOf(bits) > 0;
  return limited((bits >>> 23) + Number(isUp) - mostExponent);
};
