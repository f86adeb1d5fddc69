/**
 * @file Signed logarithmic axis: sign(x) log(1 + |x| / c). It shows small next to large numbers, of either sign, and 0. Within the
 *   constant c it is almost linear.
 */

export interface SignedLog {
  /** The constant c, a power of ten. */
  readonly constant: number;
  /** 0 and powers of ten, spaced for labels, or also their multiples if there is room. */
  readonly ticks: readonly number[];
}

/** Largest number of decades below the largest number. */
const mostDecades = 8;
/** Smaller numbers lose precision and finally vanish. */
const leastPower = -300;
/** Least pixels per label, and pixels per decade from which 2 and 5 are labelled as well. */
const labelHeight = 16;
const wideDecade = 75;

const powersBelow = (x: number): number => Math.floor(Math.log10(x) + 1e-9);

/** Position of a number on the axis, in units in which a decade is ln 10. */
export const signedLogPlace = (x: number, constant: number): number =>
  Math.sign(x) * Math.log1p(Math.abs(x) / constant);

/** The number at a position. */
export const signedLogValue = (place: number, constant: number): number =>
  Math.sign(place) * Math.expm1(Math.abs(place)) * constant;

/**
 * A signed logarithmic axis for some numbers.
 *
 * @param values numbers to show; NaN, infinite numbers and 0 are ignored
 * @param domain bounds of the axis
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

/** A number on an axis, as short as possible. */
export const axisText = (x: number): string => {
  const short = Number(x.toPrecision(4));
  const magnitude = Math.abs(short);
  return magnitude !== 0 && (magnitude < 1e-3 || magnitude >= 1e5)
    ? short.toExponential().replace("e+", "e")
    : String(short);
};
