/** x^2. Not `x ** 2`: a power is rounded as the machine likes, a product is not. */
export const square = (x: number): number => x * x;
