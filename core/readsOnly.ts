/**
 * @file Functions of this package that only read their arguments. Those of a user may write to them, so they are given copies of what the
 *   step goes on to use.
 */
import type { Target } from "./target.ts";
import { elements, type HostTensor, tensor } from "./tensor.ts";

const readers = new WeakSet<object>();

/** Marks a function of this package that only reads its arguments. Returns it. */
export const readsOnly = <F extends object>(f: F): F => {
  readers.add(f);
  return f;
};

/** A tensor in memory that a user's function may overwrite. */
export const tensorCopy = (x: HostTensor): HostTensor => tensor(elements(x).slice(), x.shape);

/** A target that a user's function may overwrite. */
export const targetCopy = (target: Target): Target =>
  target instanceof Int32Array ? target.slice() : tensorCopy(target);

/** A batch's output and target as a function receives them. */
export type Handing = (output: HostTensor, target: Target) => readonly [output: HostTensor, target: Target];

/** How output and target are handed to a function: themselves if it only reads them, copies otherwise. */
export const handingTo = (f: object): Handing =>
  readers.has(f)
    ? (output, target) => [output, target]
    : (output, target) => [tensorCopy(output), targetCopy(target)];

const copied = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return value instanceof DataView ? value : (value as Float32Array).slice();
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [key, copied(one)]));
  if (value instanceof Set) return new Set(value);
  const kind: unknown = Object.getPrototypeOf(value);
  const { data, size } = value as Partial<HostTensor>;
  if (data instanceof Float32Array && typeof size === "number") return tensorCopy(value as HostTensor);
  return kind === Object.prototype || kind === null
    ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copied(one)]))
    : value;
};

/** A deep copy of arrays, tensors, maps, sets and plain objects; instances of other classes are not copied. */
export const deepCopy = <T>(value: T): T => copied(value) as T;

/** A value as a function receives it: itself if the function only reads it, a `deepCopy` otherwise. */
export const handedTo = <T>(f: object, value: T): T => (readers.has(f) ? value : deepCopy(value));
