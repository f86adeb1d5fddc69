/** @file Powers of e, as `core/elementary/exp.ts` defines them: the same operations in the same order, two numbers at a time. */

const ln2Upper: f64 = 6.93147180369123816490e-1;
const ln2Lower: f64 = 1.90821492927058770002e-10;
const perLn2: f64 = 1.44269504088896338700;
const e: f64 = 2.71828182845904523536;

const P1: f64 = 1.66666666666666019037e-1;
const P2: f64 = -2.77777777770155933842e-3;
const P3: f64 = 6.61375632143793436117e-5;
const P4: f64 = -1.65339022054652515390e-6;
const P5: f64 = 4.13813679705723846039e-8;

/** About ln(2) / 2 and 3 ln(2) / 2: below the first nothing is taken away, below the second one ln(2). */
const half: f64 = reinterpret<f64>(0x3fd62e4300000000);
const oneAndAHalf: f64 = reinterpret<f64>(0x3ff0a2b200000000);

/** Magnitudes that the vectors can do: no results below 2^-1021 or beyond 2^1023, and no numbers near 0. */
const least: f64 = reinterpret<f64>(0x3e30000000000000);
const most: f64 = 707.0;

/** 2^52 + 1023: added to an integer k, it leaves k + 1023, the exponent field of 2^k, in the low bits of the sum. */
const magic: f64 = 4503599627371519.0;

/** 2^k for -1022 <= k <= 1023. */
@inline
function power(k: i32): f64 {
  return reinterpret<f64>(<i64>(1023 + k) << 52);
}

/** e^x of any number. */
function one(x: f64): f64 {
  if (!(x <= 709.782712893384)) return x == x ? Infinity : x;
  if (x < -745.1332191019411) return 0;
  const size = abs(x);
  if (size < least) return 1 + x;
  if (x == 1) return e;
  const n = size < half ? 0 : size < oneAndAHalf ? copysign<f64>(1, x) : trunc(perLn2 * x + copysign<f64>(0.5, x));
  const upper = x - n * ln2Upper;
  const lower = n * ln2Lower;
  const r = upper - lower;
  const t = r * r;
  const c = r - t * (P1 + t * (P2 + t * (P3 + t * (P4 + t * P5))));
  const y = 1 - (lower - (r * c) / (2 - c) - upper);
  const k = <i32>n;
  if (k > 1023) return y * power(1023) * power(k - 1023);
  return k >= -1021 ? y * power(k) : y * power(k + 1000) * power(-1000);
}

/** Constants of the vectors. Loaded from memory, each takes one instruction; as a literal it takes three. */
const table = memory.data<f64>([perLn2, ln2Upper, ln2Lower, P1, P2, P3, P4, P5, half, oneAndAHalf, least, most, magic, 0.5, 1, 2]);

const enum At {
  PerLn2,
  Ln2Upper,
  Ln2Lower,
  P1,
  P2,
  P3,
  P4,
  P5,
  Half,
  OneAndAHalf,
  Least,
  Most,
  Magic,
  OneHalf,
  One,
  Two,
}

/** Both lanes a constant. */
@inline
function both(at: At): v128 {
  return v128.load64_splat(table + 8 * at);
}

/** Replaces `count` float64 numbers by their powers of e. */
export function exp(x: usize, count: i32): void {
  const sign = f64x2.splat(-0.0);
  const last = x + 8 * count;
  for (; x + 16 <= last; x += 16) {
    const given = v128.load(x);
    const size = f64x2.abs(given);
    const fit = v128.and(f64x2.le(both(At.Least), size), f64x2.lt(size, both(At.Most)));
    if (i64x2.bitmask(v128.andnot(fit, f64x2.eq(given, both(At.One)))) != 3) {
      store<f64>(x, one(load<f64>(x)));
      store<f64>(x, one(load<f64>(x, 8)), 8);
      continue;
    }
    const signs = v128.and(given, sign);
    const nearest = f64x2.trunc(f64x2.add(f64x2.mul(both(At.PerLn2), given), v128.or(both(At.OneHalf), signs)));
    const first = v128.and(f64x2.le(both(At.Half), size), v128.or(both(At.One), signs));
    const n = v128.bitselect(first, nearest, f64x2.lt(size, both(At.OneAndAHalf)));
    const upper = f64x2.sub(given, f64x2.mul(n, both(At.Ln2Upper)));
    const lower = f64x2.mul(n, both(At.Ln2Lower));
    const r = f64x2.sub(upper, lower);
    const t = f64x2.mul(r, r);
    let p = f64x2.add(both(At.P4), f64x2.mul(t, both(At.P5)));
    p = f64x2.add(both(At.P3), f64x2.mul(t, p));
    p = f64x2.add(both(At.P2), f64x2.mul(t, p));
    p = f64x2.add(both(At.P1), f64x2.mul(t, p));
    const c = f64x2.sub(r, f64x2.mul(t, p));
    const quotient = f64x2.div(f64x2.mul(r, c), f64x2.sub(both(At.Two), c));
    const y = f64x2.sub(both(At.One), f64x2.sub(f64x2.sub(lower, quotient), upper));
    v128.store(x, f64x2.mul(y, i64x2.shl(f64x2.add(both(At.Magic), n), 52)));
  }
  if (x < last) store<f64>(x, one(load<f64>(x)));
}
