/**
 * @file Counter-based random numbers: each depends only on (seed, path, step, element).
 *
 * There is no generator state, so draws do not depend on order, threads or engine, and a resumed run repeats them. A
 * key is made once per tensor; each element then costs half of a 32-bit mix. The mixing constants are those of the
 * public-domain "lowbias32" hash (Chris Wellons, 2018); the two halves of the key enter before and between its
 * multiplications.
 */
import { cos } from "./elementary/cos.ts";
import { log } from "./elementary/log.ts";

/** Two 32-bit words that select a stream of random numbers. */
export type Key = readonly [number, number];

/** The 32 bits as a signed number. */
const mixed = (k0: number, k1: number, counter: number): number => {
  let x = counter ^ k0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x = ((x ^ (x >>> 15)) + k1) | 0;
  x = Math.imul(x, 0x846ca68b);
  x ^= x >>> 16;
  x = Math.imul(x ^ k0, 0x9e3779b1);
  return x ^ (x >>> 15);
};

/** 32 random bits for a counter; every engine computes this function. */
export const randomBits = ([k0, k1]: Key, counter: number): number => mixed(k0, k1, counter) >>> 0;

/** Noise from 16 bits: an odd multiple of 1 / 65536. */
const noiseOf = (h: number): number => ((h | 1) - 32768) / 65536;

/**
 * Noise that stochastic rounding adds to element `i` of a tensor, in (-1/2, 1/2).
 *
 *     ((h | 1) - 32768) / 65536,   h = low (i even) or high (i odd) 16 bits of randomBits(key, floor(i / 2))
 *
 * Float32 has 16 bits behind the point of an 8-bit code, so the sum of code and noise is exact. The largest magnitude
 * of noise, 1/2 - 2^-16, is less than 1/2, so integers from -256 to 256 never round to another integer.
 */
export const roundingNoise = (key: Key, i: number): number => {
  const bits = randomBits(key, i >>> 1);
  return noiseOf(i & 1 ? bits >>> 16 : bits & 0xffff);
};

/** Fills `out` with `roundingNoise` of elements 0, 1, ..; two of them take one mix. Exact in float32. */
export const fillRoundingNoise = ([k0, k1]: Key, out: Float32Array): void => {
  const [first, second] = [k0 | 0, k1 | 0];
  const pairs = out.length >>> 1;
  for (let pair = 0; pair < pairs; pair++) {
    const bits = mixed(first, second, pair);
    out[2 * pair] = noiseOf(bits & 0xffff);
    out[2 * pair + 1] = noiseOf(bits >>> 16);
  }
  if (out.length & 1) out[out.length - 1] = roundingNoise([k0, k1], out.length - 1);
};

/** A uniform number in [0, 1) with 32 random bits. */
export const uniform = (key: Key, counter: number): number => randomBits(key, counter) / 2 ** 32;

/** Fills `out` with 1 where `uniform` of the counters 0, 1, .. is at least `p`, and with 0 elsewhere. */
export const fillAtLeast = ([k0, k1]: Key, p: number, out: Float32Array): void => {
  const [first, second, least] = [k0 | 0, k1 | 0, p * 2 ** 32];
  for (let i = 0; i < out.length; i++) out[i] = mixed(first, second, i) >>> 0 >= least ? 1 : 0;
};

/** A standard normal number (Box and Muller 1958), from counters 2i and 2i + 1. */
export const normal = (key: Key, i: number): number =>
  Math.sqrt(-2 * log(1 - uniform(key, 2 * i))) * cos(2 * Math.PI * uniform(key, 2 * i + 1));

/** The key of a seed; derive keys for names and numbers from it with `branch`. */
export const key = (seed: number): Key => branch([0x243f6a88, 0x85a308d3], seed);

/** The key of a branch, e.g. for a site's path or a step: `branch(branch(key(7), "conv1/gradient"), 12)`. */
export const branch = ([k0, k1]: Key, name: string | number): Key => {
  let a = k0;
  let b = k1;
  const take = (word: number): void => {
    const mixed = randomBits([a, b], word);
    b = randomBits([b, mixed], a);
    a = mixed;
  };
  if (typeof name === "number") {
    take(name >>> 0);
    take(Math.floor(name / 2 ** 32) >>> 0);
  } else {
    for (let i = 0; i < name.length; i++) take(name.charCodeAt(i));
    take(0x10000 + name.length);
  }
  return [a, b];
};

/** A random permutation of 0 .. n - 1 (Fisher and Yates). */
export const permutation = (key: Key, n: number): Uint32Array => {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(uniform(key, i) * (i + 1));
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
  return order;
};
