/**
 * @file Student's t distribution with an integer number of degrees of freedom, for which it is a finite sum.
 *
 *     theta = atan(t / sqrt(df)), s = sin(theta), c = cos(theta)
 *     df even: P(|T| < t) = s (1 + c^2 / 2 + 1*3 / (2*4) c^4 + .. up to c^(df-2))
 *     df odd:  P(|T| < t) = 2 / pi (theta + s c (1 + 2/3 c^2 + 2*4 / (3*5) c^4 + .. up to c^(df-3))); without the sum for df = 1
 *
 * @see Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4
 */

/** Sum of the terms 1, r_1 c^2, r_1 r_2 c^4, .. with r_i = (first + 2 (i - 1)) / (first + 2 (i - 1) + 1). */
const series = (terms: number, first: number, cosSquared: number): number => {
  let [sum, term] = [0, 1];
  for (let i = 0; i < terms; i++) {
    sum += term;
    term *= ((first + 2 * i) / (first + 2 * i + 1)) * cosSquared;
  }
  return sum;
};

/** P(|T| < |t|). */
const within = (t: number, degreesOfFreedom: number): number => {
  const theta = Math.atan(Math.abs(t) / Math.sqrt(degreesOfFreedom));
  const [sin, cos] = [Math.sin(theta), Math.cos(theta)];
  if (degreesOfFreedom % 2 === 0) return sin * series(degreesOfFreedom / 2, 1, cos * cos);
  return (2 / Math.PI) * (theta + sin * cos * series((degreesOfFreedom - 1) / 2, 2, cos * cos));
};

/** Probability that T is greater than t. */
export const upperTail = (t: number, degreesOfFreedom: number): number => {
  const half = Math.max(0, 1 - within(t, degreesOfFreedom)) / 2;
  return t >= 0 ? half : 1 - half;
};

/** The t that T exceeds with a probability below one half, by bisection to the last bit. */
export const criticalT = (probability: number, degreesOfFreedom: number): number => {
  let [low, high] = [0, 1];
  while (upperTail(high, degreesOfFreedom) > probability) high *= 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    if (upperTail(middle, degreesOfFreedom) > probability) low = middle;
    else high = middle;
  }
};
