/** @file 64-bit integers as floats, exact up to 2^53, which steps and counts do not reach. */

export type Longs = BigInt64Array | BigUint64Array;

export const isLongs = (values: unknown): values is Longs =>
  values instanceof BigInt64Array || values instanceof BigUint64Array;

/** Floats of the first `rows` integers, without creating an object for each. */
export const floatsOf = (values: Longs, rows = values.length): Float64Array => {
  const halves = new Int32Array(values.buffer, values.byteOffset, 2 * rows);
  const isSigned = values instanceof BigInt64Array;
  const floats = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const high = halves[2 * i + 1] as number;
    floats[i] = (isSigned ? high : high >>> 0) * 2 ** 32 + ((halves[2 * i] as number) >>> 0);
  }
  return floats;
};
