/** @file Numbers in texts: decimal digits; hexadecimal numbers, empty texts and leading zeros are refused. */

const whole = /^-?(0|[1-9]\d*)$/;
const real = /^[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** The integer that a text writes without decimal point and exponent; NaN for any other text. */
export const wholeIn = (text: string): number => (whole.test(text) ? Number(text) : Number.NaN);

/** The number that a text writes, such as `0.02` or `1e-3`; NaN for any other text. */
export const realIn = (text: string): number => (real.test(text) ? Number(text) : Number.NaN);
