/**
 * @file The one place where asynchrony enters: a value that is here now (CPU) or comes later (GPU).
 *
 * CPU engines answer at once, so a step stays synchronous and marble tests work; a GPU engine answers with a promise.
 */
import { from, type Observable, of } from "rxjs";
import { internal } from "./errors.ts";

/** A value that is there, or a promise of it. */
export type Eventual<T> = T | PromiseLike<T>;

/** Whether the value comes later. */
export const isPromise = <T>(value: Eventual<T>): value is PromiseLike<T> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";

/** The value, from an engine that answers at once. */
export const expectSync = <T>(value: Eventual<T>): T => {
  if (isPromise(value)) throw internal("a value that comes later, where it has to be there");
  return value;
};

/** Emits the value, synchronously when it is already here. */
export const eventually = <T>(value: Eventual<T>): Observable<T> =>
  isPromise(value) ? from(value) : of(value);

/** Applies `f` to the value, at once when it is already here. */
export const after = <T, U>(value: Eventual<T>, f: (value: T) => Eventual<U>): Eventual<U> =>
  isPromise(value) ? value.then(f) : f(value);

/** Does `f` to each of the items, one after the other. */
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

/** All the values, at once when every one of them is already here. */
export const all = <T>(values: readonly Eventual<T>[]): Eventual<readonly T[]> =>
  values.some(isPromise) ? Promise.all(values) : (values as readonly T[]);
