/** @file Guards of values whose types nobody has checked: what users' files export, JSON, and calls from JavaScript. */

/** Objects of any kind, arrays among them; functions are none. */
export const isObject = (x: unknown): x is object => typeof x === "object" && x !== null;

/** Objects with members by name: arrays are none. */
export const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> =>
  isObject(x) && !Array.isArray(x);

/** Functions of any kind. */
export const isFunction = (x: unknown): boolean => typeof x === "function";

/** Whole numbers from `least` on that float64 holds exactly. */
export const isCount = (x: unknown, least: number): boolean =>
  Number.isSafeInteger(x) && (x as number) >= least;
