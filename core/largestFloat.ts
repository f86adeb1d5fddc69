/** The largest finite float32 number, 3.4e38. */
export const largestFloat = 2 ** 128 - 2 ** 104;
