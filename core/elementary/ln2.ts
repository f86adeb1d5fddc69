/** ln(2) in two parts; integers below 2^20 times the upper one are exact. */
export const [ln2Upper, ln2Lower] = [0.6931471803691238, 1.9082149292705877e-10] as const;
