/** @file Names of functions that are values: how runs, recordings and sentences know an estimator, a loss or a schedule. */

/** A function of any kind. */
// biome-ignore lint/suspicious/noExplicitAny: any function may have a name
export type Callable = (...args: any[]) => unknown;

/**
 * Gives a new function its name, in place of the one that JavaScript finds for it, and returns it.
 *
 * A function written as `const fold = (observed$) => ..` is called `fold` by itself. A factory names what it returns after
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

/** The name of a function; `unnamed` where it has none. */
export const nameOf = (f: Callable): string => (f.name === "" ? "unnamed" : f.name);
