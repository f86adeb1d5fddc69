/**
 * Memory for numbers that are uploaded as soon as they are computed, so that no step allocates it: an array of the length asked for, whose
 * elements are those of its last use.
 */
export const scratch = (): ((length: number) => Float32Array) => {
  let memory = new Float32Array(0);
  return (length) => {
    if (memory.length !== length) memory = new Float32Array(length);
    return memory;
  };
};
