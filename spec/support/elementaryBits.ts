/** @file A fingerprint of the bits of each elementary function, which can be taken in a browser as well. */
import * as elementary from "../../core/elementary/index.ts";
import { key, uniform } from "../../core/random.ts";

const { cos, cosh, erfc, exp, expm1, log, log1p, log10, pow, tanh } = elementary;

/** The functions, at numbers of all sizes made of two uniform ones. */
const results: Readonly<Record<string, (u: number, v: number) => number>> = {
  exp: (u) => exp((u - 0.5) * 1400),
  expm1: (u, v) => expm1((u - 0.5) * 2 ** Math.floor(60 * v - 50)),
  tanh: (u, v) => tanh((u - 0.5) * 2 ** Math.floor(30 * v - 25)),
  cosh: (u) => cosh((u - 0.5) * 60),
  erfc: (u) => erfc(34 * u - 7),
  log: (u, v) => log(u * 2 ** Math.floor(2000 * v - 1000)),
  log10: (u, v) => log10(u * 2 ** Math.floor(2000 * v - 1000)),
  log1p: (u, v) => log1p((u - 0.4) * 2 ** Math.floor(60 * v - 59)),
  cos: (u, v) => cos(u * 2 ** Math.floor(20 * v)),
  pow: (u, v) => pow(40 * u, 20 * (v - 0.5)),
  decays: (u, v) => pow(0.9 + u / 10, Math.floor(5000 * v)),
};

const count = 20_000;

/** The 32-bit FNV-1a hash of the words of `count` results. */
const hashOf = (result: (u: number, v: number) => number): string => {
  const stream = key(11);
  const found = Float64Array.from({ length: count }, (_, i) =>
    result(uniform(stream, 3 * i) + uniform(stream, 3 * i + 1) * 2 ** -32, uniform(stream, 3 * i + 2)),
  );
  let hash = 0x811c9dc5;
  for (const word of new Uint32Array(found.buffer)) hash = Math.imul(hash ^ word, 0x01000193);
  return (hash >>> 0).toString(16);
};

export const elementaryBits = (): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(results).map(([name, result]) => [name, hashOf(result)]));
