/**
 * Error of a range: the part of the union of range and tensor, both widened to include 0, that only one of them covers.
 *
 *     error = (|lo - min| + |hi - max|) / (max(hi, max) - min(lo, min))        lo, min <= 0 <= hi, max
 *
 * Both intervals contain 0, so this is 1 - intersection / union, the Jaccard distance. It is 0 if the range equals that of the tensor,
 * 1/2 if it is twice or half as wide, and at most 1, however small the tensor. It does not depend on the unit of the tensor.
 *
 * @param min smallest element of the tensor, or 0
 * @param max largest element of the tensor, or 0
 * @param lo lower bound of the range, or 0
 * @param hi upper bound of the range, or 0
 * @returns from 0 to 1; 0 if both have no width
 * @see Jaccard 1912, doi:10.1111/j.1469-8137.1912.tb05611.x; as a distance that a scale does not change, Rezatofighi et al. 2019, arXiv:1902.09630
 */
export const rangeError = (min: number, max: number, lo: number, hi: number): number => {
  const union = Math.max(hi, max) - Math.min(lo, min);
  return union > 0 ? (Math.abs(lo - min) + Math.abs(hi - max)) / union : 0;
};
