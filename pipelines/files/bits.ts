/** @file Boolean columns in Arrow's layout: one bit per row, least significant bit first. */

/** Bit of row `i`, 0 or 1. */
export const bitAt = (bits: Uint8Array, i: number): number => ((bits[i >> 3] as number) >> (i & 7)) & 1;

/** Sets or clears the bit of row `i`. */
export const setBit = (bits: Uint8Array, i: number, isSet: boolean): void => {
  const bit = 1 << (i & 7);
  const byte = bits[i >> 3] as number;
  bits[i >> 3] = isSet ? byte | bit : byte & ~bit;
};
