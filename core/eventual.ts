/**
 * @file Values that are available now (CPU engines) or later (GPU engines). All asynchrony goes through this type.
 *
 * CPU engines return values at once, so a step stays synchronous; a GPU engine returns promises.
 */
import { from, type Observable, of } from "rxjs";
import { internal } from "./errors.ts";

/** A value, or a promise of it. */
export type Eventual<T> = T | PromiseLike<T>;

/** Whether the value is a promise. */
export const isPromise = <T>(value: Eventual<T>): value is PromiseLike<T> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";

/** The value of a synchronous engine. @throws an internal error for a promise */
export const expectSync = <T>(value: Eventual<T>): T => {
  if (isPromise(value)) throw internal("a value that comes later, where it has to be there");
  return value;
};

/** Emits the value, synchronously if it is available. */
export const eventually = <T>(value: Eventual<T>): Observable<T> =>
  isPromise(value) ? from(value) : of(value);

/** Applies `f` to the value, at once if it is available. */
export const after = <T, U>(value: Eventual<T>, f: (value: T) => Eventual<U>): Eventual<U> =>
  isPromise(value) ? value.then(f) : f(value);

/** Calls `f` for each item, one after the other. */
export const each = <T>(
  items: readonly T[],
  f: (item: T, index: number) => Eventual<void>,
  from = 0,
): Eventual<void> => {
  for (let i = from; i < items.length; i++) {
    const done = f(items[i] as T, i);
    if (isPromise(done)) return done.then(() => each(items, f, i + 1));
  }
};

/** All values, at once if every one is available. */
export const all = <T>(values: readonly Eventual<T>[]): Eventual<readonly T[]> =>
  values.some(isPromise) ? Promise.all(values) : (values as readonly T[]);
