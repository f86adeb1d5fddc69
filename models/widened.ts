/**
 * channels * width, rounded to the nearest multiple of 8 that is not more than 10 % below it, and at least 8.
 *
 * @see Sandler et al. 2018, arXiv:1801.04381, whose published code rounds so
 */
export const widened = (channels: number, width: number): number => {
  const wanted = channels * width;
  const rounded = Math.max(8, Math.floor((wanted + 4) / 8) * 8);
  return rounded < 0.9 * wanted ? rounded + 8 : rounded;
};
