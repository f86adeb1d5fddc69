/**
 * @file Elementary functions. JavaScript leaves the last bits of `Math.exp` and its like, and of `**`, to the machine, and they do differ
 * between versions of Node and of browsers; these are sums, products, quotients and roots alone, which are the same everywhere.
 */

export { cos } from "./cos.ts";
export { cosh } from "./cosh.ts";
export { erfc } from "./erfc.ts";
export { exp } from "./exp.ts";
export { expm1 } from "./expm1.ts";
export { log } from "./log.ts";
export { log1p } from "./log1p.ts";
export { log10 } from "./log10.ts";
export { pow } from "./pow.ts";
export { tanh } from "./tanh.ts";
