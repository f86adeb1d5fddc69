/** @file The functions that a factory's result consists of, which its own source text does not show. */
import type { Callable } from "./named.ts";

const parts = new WeakMap<Callable, readonly Callable[]>();

/**
 * Registers the functions that a new function calls, and returns the new function. Its source text is the same whatever
 * they are, so the identity of a run has to include them.
 *
 * @example
 * const twice = (f: (x: number) => number) => madeOf((x: number) => f(f(x)), f);
 * allOf(twice(Math.sqrt)).length; // 2
 */
export const madeOf = <F extends Callable>(made: F, ...of: readonly Callable[]): F => {
  parts.set(made, of);
  return made;
};

/** A function, and all functions it consists of. */
export const allOf = (f: Callable): readonly Callable[] => [f, ...(parts.get(f) ?? []).flatMap(allOf)];
