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

const isPlain = (value: object): value is Record<string, unknown> => {
  const kind: unknown = Object.getPrototypeOf(value);
  return kind === Object.prototype || kind === null;
};

const isTensor = (value: object): value is HostTensor => {
  const { data, size } = value as Partial<HostTensor>;
  return data instanceof Float32Array && typeof size === "number";
};

/** @param known copies that have been made or begun, by what they are of: values may contain themselves */
const copied = (value: unknown, known: Map<object, unknown>): unknown => {
  if (typeof value !== "object" || value === null) return value;
  if (known.has(value)) return known.get(value);
  const begun = <T>(copy: T): T => {
    known.set(value, copy);
    return copy;
  };
  if (Array.isArray(value)) {
    const copy: unknown[] = begun([]);
    for (const one of value) copy.push(copied(one, known));
    return copy;
  }
  if (ArrayBuffer.isView(value))
    return value instanceof DataView ? value : begun((value as Float32Array).slice());
  if (value instanceof Map) {
    const copy = begun(new Map());
    for (const [key, one] of value) copy.set(key, copied(one, known));
    return copy;
  }
  if (value instanceof Set) return begun(new Set(value));
  if (isTensor(value)) return begun(tensorCopy(value));
  if (!isPlain(value)) return value;
  const copy = begun({});
  for (const [name, one] of Object.entries(value))
    Object.defineProperty(copy, name, {
      value: copied(one, known),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  return copy;
};

/** A deep copy of arrays, tensors, maps, sets and plain objects; instances of other classes are not copied. */
export const deepCopy = <T>(value: T): T => copied(value, new Map()) as T;

/** A value as a function receives it: itself if the function only reads it, a `deepCopy` otherwise. */
export const handedTo = <T>(f: object, value: T): T => (readers.has(f) ? value : deepCopy(value));
