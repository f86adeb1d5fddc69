/** @file Numbers of 16 bits. */

/** The number of IEEE 754 half precision that 16 bits are: 1 of the sign, 5 of the exponent, 10 of the mantissa. Exact in float32. */
export const float16 = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
};

const widened = new DataView(new ArrayBuffer(4));

/** The number of bfloat16 that 16 bits are: the upper half of a float32. */
export const bfloat16 = (bits: number): number => {
  widened.setUint16(0, bits);
  return widened.getFloat32(0);
};
