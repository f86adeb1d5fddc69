/**
 * @file A signed logarithmic axis: sign(x) log(1 + |x| / c), which shows small numbers beside large ones, of either sign, and 0. Within
 * the constant c it is about linear.
 */

export interface SignedLog {
  /** The constant c, a power of ten. */
  readonly constant: number;
  /** 0, and powers of ten as far apart as labels need, or more multiples of them where there is room. */
  readonly ticks: readonly number[];
}

/** Decades below the largest number that an axis has at most. */
const mostDecades = 8;
/** Below it numbers have fewer digits than others, and none in the end. */
const leastPower = -300;
/** Pixels that a label needs at least, and those of a decade from which 2 and 5 have labels, too. */
const labelHeight = 16;
const wideDecade = 75;

const powersBelow = (x: number): number => Math.floor(Math.log10(x) + 1e-9);

/** The place of a number on the axis, in units of its own: a decade takes ln 10. */
export const signedLogPlace = (x: number, constant: number): number =>
  Math.sign(x) * Math.log1p(Math.abs(x) / constant);

/** The number at a place. */
export const signedLogValue = (place: number, constant: number): number =>
  Math.sign(place) * Math.expm1(Math.abs(place)) * constant;

/**
 * A signed logarithmic axis for some numbers.
 *
 * @param values which the axis shows; of those that are NaN, infinite or 0 it takes no notice
 * @param domain ends of the axis
 * @param pixels length of the axis
 */
export const signedLog = (
  values: readonly number[],
  [from, to]: readonly [number, number],
  pixels: number,
): SignedLog => {
  const magnitudes = values.map(Math.abs).filter((x) => x > 0 && Number.isFinite(x));
  magnitudes.sort((a, b) => a - b);
  const largest = magnitudes.at(-1) ?? 1;
  const small = magnitudes[Math.floor(magnitudes.length / 20)] ?? 1;
  const top = Math.max(leastPower, powersBelow(largest));
  const bottom = Math.max(top - mostDecades, Math.min(top - 1, powersBelow(small)));
  const constant = Number(`1e${bottom}`);
  const unit = pixels / Math.max(1e-9, signedLogPlace(to, constant) - signedLogPlace(from, constant));
  const decade = unit * Math.LN10;
  const stride = Math.max(1, Math.ceil(labelHeight / decade));
  const multiples = decade > wideDecade ? [1, 2, 5] : [1];
  const positive: number[] = [];
  for (let power = top; power >= bottom; power -= stride)
    for (const multiple of multiples) {
      const x = Number(`${multiple}e${power}`);
      if (unit * signedLogPlace(x, constant) >= labelHeight) positive.push(x);
    }
  const ticks = [...positive.map((x) => -x), 0, ...positive].filter((x) => x >= from && x <= to);
  return { constant, ticks: ticks.sort((a, b) => a - b) };
};

/** A number of an axis: as short as it can be told. */
export const axisText = (x: number): string => {
  const short = Number(x.toPrecision(4));
  const magnitude = Math.abs(short);
  return magnitude !== 0 && (magnitude < 1e-3 || magnitude >= 1e5)
    ? short.toExponential().replace("e+", "e")
    : String(short);
};
