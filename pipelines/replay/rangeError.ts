/**
 * Error of a range: the share of the interval that it and the tensor take together, 0 included, which one of them takes alone.
 *
 *     error = (|lo - min| + |hi - max|) / (max(hi, max) - min(lo, min))        lo, min <= 0 <= hi, max
 *
 * As the intervals share 0, this is 1 - intersection / union, the Jaccard distance. It is 0 where the range is that of the tensor, 1/2 where
 * it is twice or half as wide, and at most 1, however small the tensor; the unit of the tensor does not matter.
 *
 * @param min least element of the tensor, or 0
 * @param max greatest element of the tensor, or 0
 * @param lo lower end of the range, or 0
 * @param hi upper end of the range, or 0
 * @returns from 0 to 1; 0 where neither has a width
 * @see Jaccard 1912, doi:10.1111/j.1469-8137.1912.tb05611.x; as a distance that a scale does not change, Rezatofighi et al. 2019, arXiv:1902.09630
 */
export const rangeError = (min: number, max: number, lo: number, hi: number): number => {
  const union = Math.max(hi, max) - Math.min(lo, min);
  return union > 0 ? (Math.abs(lo - min) + Math.abs(hi - max)) / union : 0;
};
