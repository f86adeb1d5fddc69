/**
 * @file Printed numbers: value and precision.
 *
 *     0.0004    decimals 4, half unit 0.00005        1.25e-3   decimals 2, half unit 0.5e-5
 *     0.0040    the same, and ends in 0, which the shortest text of a number never does
 */

const powers = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

const [zero, nine] = [48, 57];
const [plus, comma, minus, point, upperE, lowerE] = [43, 44, 45, 46, 69, 101];

/** Number of decimal digits that a float64 always preserves. */
const safeDigits = 15;

const words: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
]);

/** A hexadecimal float such as 0x1.8p+1, as C and Python's `float.hex` print it; exact. */
const hexValue = (text: string): number | undefined => {
  const [, sign, whole, fraction = "", power] =
    /^([-+]?)0x([\da-f]+)(?:\.([\da-f]*))?p([-+]?\d+)$/i.exec(text) ?? [];
  if (whole === undefined || whole.length + fraction.length > 14) return undefined;
  const value = Number.parseInt(whole + fraction, 16) * 2 ** (Number(power) - 4 * fraction.length);
  return sign === "-" ? -value : value;
};

/** Reads numbers one after the other, without creating objects. */
export class NumberText {
  value = 0;
  /** Half a unit of the last printed digit; 0 for non-finite numbers and hexadecimal texts. */
  halfUnit = 0;
  /**
   * Number of decimals, plus 256 with an exponent, plus 512 if there are several and the last is 0; 0 for integers and non-finite
   * numbers.
   */
  form = 0;
  readonly #mark: number;
  /** The bytes that were read last, in the form from which texts are made. */
  #seen: Buffer<ArrayBufferLike> = Buffer.alloc(0);

  /** @param mark decimal mark */
  constructor(mark: "." | "," = ".") {
    this.#mark = mark === "." ? point : comma;
  }

  /** Whether bytes `from` to `to` are exactly one number. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    let at = from;
    const first = bytes[at];
    if (first === minus || first === plus) at++;
    let [mantissa, digits, decimals, last] = [0, 0, -1, 0];
    for (; at < to; at++) {
      const byte = bytes[at] as number;
      if (byte >= zero && byte <= nine) {
        last = byte - zero;
        mantissa = mantissa * 10 + last;
        digits++;
        if (decimals >= 0) decimals++;
      } else if (byte === this.#mark && decimals < 0) decimals = 0;
      else break;
    }
    if (digits === 0) return this.#readWord(bytes, from, to);
    let [exponent, hasExponent] = [0, false];
    if (at < to && (bytes[at] === lowerE || bytes[at] === upperE)) {
      const sign = bytes[at + 1] === minus ? -1 : 1;
      const start = at + (bytes[at + 1] === minus || bytes[at + 1] === plus ? 2 : 1);
      for (at = start; at < to && (bytes[at] as number) >= zero && (bytes[at] as number) <= nine; at++)
        exponent = exponent * 10 + (bytes[at] as number) - zero;
      if (at === start) return false;
      exponent *= sign;
      hasExponent = true;
    }
    if (at < to) return this.#readWord(bytes, from, to);
    const power = exponent - Math.max(decimals, 0);
    this.value =
      digits <= safeDigits && power >= -22 && power <= 22
        ? ((first === minus ? -mantissa : mantissa) / (power < 0 ? (powers[-power] as number) : 1)) *
          (power > 0 ? (powers[power] as number) : 1)
        : Number(this.#text(bytes, from, to).replace(",", "."));
    this.halfUnit = power <= 0 && power >= -22 ? 0.5 / (powers[-power] as number) : 0.5 * 10 ** power;
    this.form =
      Math.min(Math.max(decimals, 0), 255) +
      (hasExponent ? 256 : 0) +
      (decimals >= 2 && last === 0 ? 512 : 0);
    return true;
  }

  #text(bytes: Uint8Array, from: number, to: number): string {
    if (
      this.#seen.buffer !== bytes.buffer ||
      this.#seen.byteOffset !== bytes.byteOffset ||
      this.#seen.byteLength !== bytes.byteLength
    )
      this.#seen = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#seen.toString("latin1", from, to);
  }

  #readWord(bytes: Uint8Array, from: number, to: number): boolean {
    const text = this.#text(bytes, from, to);
    const word = words.get(text.replace(/^[-+]/, "").toLowerCase());
    const value = word === undefined ? hexValue(text) : text.startsWith("-") ? -word : word;
    if (value === undefined) return false;
    [this.value, this.halfUnit, this.form] = [value, 0, 0];
    return true;
  }
}
