/** Elements that are sorted at most: what levels are chosen by may be a sample. */
const most = 2 ** 14;

/**
 * The elements in ascending order; of more than 16,384 every k-th one, k odd so that no channel is left out (their number is
 * mostly a power of two). A million elements take 100 ms to sort, these 1.5 ms.
 */
export const sortedSample = (x: Float32Array): Float32Array => {
  const stride = x.length <= most ? 1 : Math.ceil(x.length / most) | 1;
  const sample = new Float32Array(Math.ceil(x.length / stride));
  for (let i = 0; i < sample.length; i++) sample[i] = x[i * stride] as number;
  return sample.sort();
};
