/**
 * @file The observing sink: both ends of the finite elements.
 *
 * Floats are compared as integers: with the other 31 bits of negative ones flipped, their bits order as int32 as the numbers do,
 * -0 below +0 and NaN beyond the infinities. A chunk whose ends are finite holds no NaN or infinity; others are looked at again.
 */

const negativeInfinity: i32 = 0x807fffff;
const infinity: i32 = 0x7f800000;
const part: usize = memory.data(16, 16);

let least: i32 = 0;
let greatest: i32 = 0;
let notFinite: u32 = 0;

export function beginObserve(): void {
  least = infinity;
  greatest = negativeInfinity;
  notFinite = 0;
}

@inline
function ordered(x: v128): v128 {
  return v128.xor(x, i32x4.shr_u(i32x4.shr_s(x, 31), 1));
}

function unordered(key: i32): f32 {
  return reinterpret<f32>(key ^ ((key >> 31) & 0x7fffffff));
}

export function observedMin(): f32 {
  return unordered(least);
}

export function observedMax(): f32 {
  return unordered(greatest);
}

export function notFiniteCount(): u32 {
  return notFinite;
}

function smallest(x: v128): i32 {
  return min(
    min(i32x4.extract_lane(x, 0), i32x4.extract_lane(x, 1)),
    min(i32x4.extract_lane(x, 2), i32x4.extract_lane(x, 3)),
  );
}

function largest(x: v128): i32 {
  return max(
    max(i32x4.extract_lane(x, 0), i32x4.extract_lane(x, 1)),
    max(i32x4.extract_lane(x, 2), i32x4.extract_lane(x, 3)),
  );
}

/** One element after another, for chunks that hold something that is not finite. */
function observeEach(x: usize, n: i32): void {
  for (const end = x + 4 * n; x < end; x += 4) {
    const bits = load<i32>(x);
    if ((bits & 0x7f800000) == 0x7f800000) notFinite++;
    else {
      const key = bits ^ ((bits >> 31) & 0x7fffffff);
      least = min(least, key);
      greatest = max(greatest, key);
    }
  }
}

/** `n` elements, at least one. */
export function observe(x: usize, n: i32): void {
  const first = ordered(v128.load32_splat(x));
  let low = first;
  let high = first;
  const whole = n & ~3;
  for (let i: usize = 0, end = <usize>(4 * whole); i < end; i += 16) {
    const key = ordered(v128.load(x + i));
    low = i32x4.min_s(low, key);
    high = i32x4.max_s(high, key);
  }
  if (whole < n) {
    v128.store(part, v128.load32_splat(x));
    memory.copy(part, x + 4 * whole, 4 * (n - whole));
    const key = ordered(v128.load(part));
    low = i32x4.min_s(low, key);
    high = i32x4.max_s(high, key);
  }
  const chunkLeast = smallest(low);
  const chunkGreatest = largest(high);
  if (chunkLeast <= negativeInfinity || chunkGreatest >= infinity) observeEach(x, n);
  else {
    least = min(least, chunkLeast);
    greatest = max(greatest, chunkGreatest);
  }
}
