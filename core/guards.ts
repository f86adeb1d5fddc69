/** @file Type guards for unchecked values: exports of users' files, JSON, and calls from JavaScript. */

/** Whether a value is an object, including arrays; functions are not. */
export const isObject = (x: unknown): x is object => typeof x === "object" && x !== null;

/** Whether a value is an object with named members; arrays are not. */
export const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> =>
  isObject(x) && !Array.isArray(x);

/** Whether a value is a function. */
export const isFunction = (x: unknown): boolean => typeof x === "function";

/** Whether a value is a safe integer of at least `least`. */
export const isCount = (x: unknown, least: number): boolean =>
  Number.isSafeInteger(x) && (x as number) >= least;
