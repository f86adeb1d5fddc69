/** @file Number formats of scales: their smallest and largest values, in steps of the scale. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import type { Role } from "../../core/signal.ts";

/** A number format with a scale. */
export interface NumberFormat {
  readonly name: string;
  /** Bounds in steps, with a zero point, and without one, where integer formats exclude the lowest value. */
  readonly lowest: number;
  readonly lowestSymmetric: number;
  readonly greatest: number;
  /** Whether scales may come with a zero point, as for integers. For floats it can only be 0. */
  readonly hasZeroPoint: boolean;
  /** Whether its scales are powers of two that were rounded up, so that a largest magnitude is known only up to a factor of two. */
  readonly isPowerOfTwo: boolean;
}

const floats: Readonly<Record<string, number>> = { e4m3: 448, e5m2: 57344, e3m2: 28, e2m3: 7.5, e2m1: 6 };

const integers = [2, 3, 4, 5, 6, 7, 8];

/** Names of formats. `hybrid` is E5M2 for gradients and E4M3 otherwise; the suffix `:pow2` of a float format means powers of two. */
export const numberFormatNames: readonly string[] = [
  "hybrid",
  ...Object.keys(floats),
  ...integers.flatMap((bits) => [`int${bits}`, `uint${bits}`]),
];

const powerOfTwo = ":pow2";

const namedFormat = (name: string): NumberFormat | undefined => {
  const isPowerOfTwo = name.endsWith(powerOfTwo);
  const greatest = floats[isPowerOfTwo ? name.slice(0, -powerOfTwo.length) : name];
  if (greatest !== undefined)
    return {
      ...{ name, lowest: -greatest, lowestSymmetric: -greatest, greatest },
      ...{ hasZeroPoint: false, isPowerOfTwo },
    };
  const [, unsigned, bits] = /^(u?)int([2-8])$/.exec(name) ?? [];
  if (bits === undefined) return undefined;
  const levels = 2 ** Number(bits);
  const ends =
    unsigned === "u"
      ? { lowest: 0, lowestSymmetric: 0, greatest: levels - 1 }
      : { lowest: -levels / 2, lowestSymmetric: 1 - levels / 2, greatest: levels / 2 - 1 };
  return { name, ...ends, hasZeroPoint: true, isPowerOfTwo: false };
};

/**
 * The format with a name, for a tensor of a role.
 *
 * @param where the option or site that names it, for the message
 * @throws `RangeflowFailure` if there is none
 */
export const numberFormat = (where: string, name: string, role: Role): NumberFormat => {
  const found = namedFormat(name === "hybrid" ? (role === "gradient" ? "e5m2" : "e4m3") : name);
  if (found) return found;
  throw new RangeflowFailure(
    problem(where, `number format "${name}"`, expectedName(name, numberFormatNames)),
  );
};
