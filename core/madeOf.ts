/** @file What functions that factories return are made of: other functions, which their own text does not show. */
import type { Callable } from "./named.ts";

const parts = new WeakMap<Callable, readonly Callable[]>();

/**
 * Notes that a new function calls others that it was given, and returns it. Its text is the same whatever these are, so a run that is to
 * know it has to know them.
 *
 * @example
 * const twice = (f: (x: number) => number) => madeOf((x: number) => f(f(x)), f);
 * allOf(twice(Math.sqrt)).length; // 2
 */
export const madeOf = <F extends Callable>(made: F, ...of: readonly Callable[]): F => {
  parts.set(made, of);
  return made;
};

/** A function, and all that it is made of. */
export const allOf = (f: Callable): readonly Callable[] => [f, ...(parts.get(f) ?? []).flatMap(allOf)];
