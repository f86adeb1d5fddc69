/** @file Element formats: floating-point numbers and integers of a few bits, as block-scaled formats and float8 have them. */
import { floorLog2 } from "../../core/powers.ts";

/**
 * Numbers of a few bits, whose steps double from one power of two to the next. Integers are multiples of one step, 2^-mantissaBits, up
 * to 2 - 2^-mantissaBits.
 */
export interface ElementFormat {
  readonly name: string;
  /** Bits of a code, with its sign. */
  readonly bits: number;
  /** Bits after the leading one. */
  readonly mantissaBits: number;
  /** Exponent of the smallest normal number; below it, steps do not shrink any more. */
  readonly leastExponent: number;
  /** Exponent of the largest number. */
  readonly mostExponent: number;
  /** The largest number. */
  readonly max: number;
  /** Whether codes are integers in two's complement, and not sign, exponent and mantissa. Default: false. */
  readonly isInteger?: boolean;
  /** Whether there are no negative numbers, and no bit for a sign. Default: false. */
  readonly isUnsigned?: boolean;
}

const floating = (
  name: string,
  bits: number,
  mantissaBits: number,
  leastExponent: number,
  max: number,
): ElementFormat => ({
  ...{ name, bits, mantissaBits, leastExponent, max },
  mostExponent: floorLog2(max),
});

/**
 * Floating-point elements: those of the OCP formats for microscaling and float8 (E4M3 without infinities), and UE5M3, a scale without a
 * sign.
 *
 * | name | largest | smallest normal | smallest |
 * |---|---|---|---|
 * | e5m2 | 57344 | 2^-14 | 2^-16 |
 * | e4m3 | 448 | 2^-6 | 2^-9 |
 * | e3m2 | 28 | 2^-2 | 2^-4 |
 * | e2m3 | 7.5 | 1 | 2^-3 |
 * | e2m1 | 6 | 1 | 2^-1 |
 * | ue5m3 | 61440 | 2^-14 | 2^-17 |
 *
 * @see OCP Microscaling Formats (MX) 1.0; UE5M3: arXiv:2609.02846
 */
export const floatFormats = {
  e5m2: floating("e5m2", 8, 2, -14, 57344),
  e4m3: floating("e4m3", 8, 3, -6, 448),
  e3m2: floating("e3m2", 6, 2, -2, 28),
  e2m3: floating("e2m3", 6, 3, 0, 7.5),
  e2m1: floating("e2m1", 4, 1, 0, 6),
  ue5m3: { ...floating("ue5m3", 8, 3, -14, 61440), isUnsigned: true },
} as const satisfies Readonly<Record<string, ElementFormat>>;

const integer = (bits: number): ElementFormat => ({
  name: `int${bits}`,
  bits,
  mantissaBits: bits - 2,
  leastExponent: 0,
  mostExponent: 0,
  max: (2 ** (bits - 1) - 1) / 2 ** (bits - 2),
  isInteger: true,
});

const integers: readonly (ElementFormat | undefined)[] = Array.from({ length: 9 }, (_, bits) =>
  bits < 2 ? undefined : integer(bits),
);

/**
 * Integers of `bits` bits, symmetric, as multiples of 2^(2 - bits): up to 127/64 at 8 bits.
 *
 * @see MXINT8 of OCP Microscaling Formats (MX) 1.0; symmetric as in arXiv:2510.25602
 */
export const integerFormat = (bits: number): ElementFormat => integers[bits] ?? integer(bits);
