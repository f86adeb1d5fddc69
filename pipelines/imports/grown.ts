/** A copy of an array with a larger capacity. */
export const grown = <T extends Float64Array | Uint32Array | Int32Array>(array: T, capacity: number): T => {
  const larger = new (array.constructor as new (length: number) => T)(capacity);
  larger.set(array);
  return larger;
};
