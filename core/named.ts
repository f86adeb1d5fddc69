/**
 * @file Names of functions that are used as values: they identify an estimator, a loss or a schedule in runs,
 *   recordings and messages.
 */

/** A function of any kind. */
// biome-ignore lint/suspicious/noExplicitAny: any function may have a name
export type Callable = (...args: any[]) => unknown;

/**
 * Sets the name of a new function and returns it.
 *
 * A function written as `const fold = (observed$) => ..` already has the name `fold`. A factory names its result after
 * itself and its options, as the command line writes them.
 *
 * @example
 * import { nameOf, named } from "rangeflow/core";
 *
 * const halving = (factor: number) => named(`halving:factor=${factor}`, (x: number) => factor * x);
 * nameOf(halving(0.5)); // "halving:factor=0.5"
 */
export const named = <F extends Callable>(name: string, f: F): F =>
  Object.defineProperty(f, "name", { value: name });

/** The name of a function; `unnamed` if it has none. */
export const nameOf = (f: Callable): string => (f.name === "" ? "unnamed" : f.name);
