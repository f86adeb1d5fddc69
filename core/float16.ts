/** @file Numbers of 16 bits. */

/** The IEEE 754 half-precision number of 16 bits: 1 sign, 5 exponent and 10 mantissa bits. Exact in float32. */
export const float16 = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
};

const widened = new DataView(new ArrayBuffer(4));

/** The bfloat16 number of 16 bits, which are the upper half of a float32. */
export const bfloat16 = (bits: number): number => {
  widened.setUint16(0, bits);
  return widened.getFloat32(0);
};
