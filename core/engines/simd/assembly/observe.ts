/**
 * @file The observing sink: minimum and maximum of the finite elements.
 *
 * Floats are compared by their bits. As int32, positive ones have the order of the numbers, and negative ones, below them, the
 * reverse order. As uint32, negative ones come last, and the farthest from 0 last of all. Three plain comparisons therefore give
 * both extremes, with -0 below +0 and NaN beyond the infinities: the minimum is the largest uint32, or the smallest int32 if
 * nothing is negative; the maximum is the largest int32, or the smallest if all are negative. A chunk with finite extremes contains
 * no NaN or infinity; other chunks are examined again.
 */
import { table } from "./arena";

const negativeInfinity: i32 = 0x807fffff;
const infinity: i32 = 0x7f800000;
const part: usize = table(16);

let least: i32 = 0;
let greatest: i32 = 0;
let notFinite: u32 = 0;

export function beginObserve(): void {
  least = infinity;
  greatest = negativeInfinity;
  notFinite = 0;
}

/** Conversion of bits to keys with the order of the numbers, and back. */
function keyOf(bits: i32): i32 {
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

export function observedMin(): f32 {
  return reinterpret<f32>(keyOf(least));
}

export function observedMax(): f32 {
  return reinterpret<f32>(keyOf(greatest));
}

export function notFiniteCount(): u32 {
  return notFinite;
}

function least4(x: v128): i32 {
  return min(
    min(i32x4.extract_lane(x, 0), i32x4.extract_lane(x, 1)),
    min(i32x4.extract_lane(x, 2), i32x4.extract_lane(x, 3)),
  );
}

function greatest4(x: v128): i32 {
  return max(
    max(i32x4.extract_lane(x, 0), i32x4.extract_lane(x, 1)),
    max(i32x4.extract_lane(x, 2), i32x4.extract_lane(x, 3)),
  );
}

/** One element after another, for chunks with elements that are not finite. */
function observeEach(x: usize, n: i32): void {
  for (const end = x + 4 * n; x < end; x += 4) {
    const bits = load<i32>(x);
    if ((bits & 0x7f800000) == 0x7f800000) notFinite++;
    else {
      const key = keyOf(bits);
      least = min(least, key);
      greatest = max(greatest, key);
    }
  }
}

/** `n` elements, at least one. */
export function observe(x: usize, n: i32): void {
  const first = v128.load32_splat(x);
  let low = first;
  let high = first;
  let farthest = first;
  let i: usize = 0;
  for (const end = <usize>(4 * (n & ~15)); i < end; i += 64) {
    const a = v128.load(x + i);
    const b = v128.load(x + i, 16);
    const c = v128.load(x + i, 32);
    const d = v128.load(x + i, 48);
    low = i32x4.min_s(low, i32x4.min_s(i32x4.min_s(a, b), i32x4.min_s(c, d)));
    high = i32x4.max_s(high, i32x4.max_s(i32x4.max_s(a, b), i32x4.max_s(c, d)));
    farthest = i32x4.max_u(farthest, i32x4.max_u(i32x4.max_u(a, b), i32x4.max_u(c, d)));
  }
  const whole = n & ~3;
  for (const end = <usize>(4 * whole); i < end; i += 16) {
    const bits = v128.load(x + i);
    low = i32x4.min_s(low, bits);
    high = i32x4.max_s(high, bits);
    farthest = i32x4.max_u(farthest, bits);
  }
  if (whole < n) {
    v128.store(part, first);
    memory.copy(part, x + 4 * whole, 4 * (n - whole));
    const bits = v128.load(part);
    low = i32x4.min_s(low, bits);
    high = i32x4.max_s(high, bits);
    farthest = i32x4.max_u(farthest, bits);
  }
  const lowest = least4(low);
  const highest = greatest4(high);
  const sign: i32 = 0x80000000;
  const mostNegative = greatest4(v128.xor(farthest, i32x4.splat(sign))) ^ sign;
  const chunkLeast = keyOf(mostNegative < 0 ? mostNegative : lowest);
  const chunkGreatest = keyOf(highest < 0 ? lowest : highest);
  if (chunkLeast <= negativeInfinity || chunkGreatest >= infinity) observeEach(x, n);
  else {
    least = min(least, chunkLeast);
    greatest = max(greatest, chunkGreatest);
  }
}

/**
 * `n` integer sums, at least one, times `scale`; the same as for elements if none exceeds the floats. Conversion and scaling
 * preserve or reverse the order, so the extremes of the elements are those of the sums.
 */
export function observeSums(sums: usize, scale: f32, n: i32): void {
  let low = v128.load32_splat(sums);
  let high = low;
  for (const end = sums + 4 * (n & ~15); sums < end; sums += 64) {
    const a = v128.load(sums);
    const b = v128.load(sums, 16);
    const c = v128.load(sums, 32);
    const d = v128.load(sums, 48);
    low = i32x4.min_s(low, i32x4.min_s(i32x4.min_s(a, b), i32x4.min_s(c, d)));
    high = i32x4.max_s(high, i32x4.max_s(i32x4.max_s(a, b), i32x4.max_s(c, d)));
  }
  for (const end = sums + 4 * (n & 15); sums < end; sums += 4) {
    const sum = v128.load32_splat(sums);
    low = i32x4.min_s(low, sum);
    high = i32x4.max_s(high, sum);
  }
  const one = keyOf(reinterpret<i32>(<f32>least4(low) * scale));
  const other = keyOf(reinterpret<i32>(<f32>greatest4(high) * scale));
  least = min(least, min(one, other));
  greatest = max(greatest, max(one, other));
}
