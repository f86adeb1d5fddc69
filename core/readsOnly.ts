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

const isOf = (value: object, ...prototypes: readonly unknown[]): boolean =>
  prototypes.includes(Object.getPrototypeOf(value));

const isTensor = (value: object): value is HostTensor => {
  const { data, shape, stride } = value as Partial<HostTensor>;
  return data instanceof Float32Array && Array.isArray(shape) && Array.isArray(stride);
};

/** `slice` of all typed arrays; that of Node's `Buffer` copies nothing. */
const { slice } = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;

/** A copy of bytes or numbers in memory; of a view, only of what it sees. */
const memoryCopy = (value: ArrayBuffer | ArrayBufferView): unknown => {
  if (value instanceof ArrayBuffer) return value.slice(0);
  const { buffer, byteOffset, byteLength } = value;
  return value instanceof DataView
    ? new DataView(buffer.slice(byteOffset, byteOffset + byteLength))
    : slice.call(value as Uint8Array);
};

/** Copies a property. An accessor stays one, and computes from the copy. */
const propertyCopy = (found: PropertyDescriptor, known: Map<object, unknown>): PropertyDescriptor =>
  "value" in found
    ? { ...found, value: copied(found.value, known), writable: true, configurable: true }
    : { ...found, configurable: true };

/** @param known copies that have been made or begun, by what they are of: values may contain themselves */
const copied = (value: unknown, known: Map<object, unknown>): unknown => {
  if (typeof value !== "object" || value === null) return value;
  if (known.has(value)) return known.get(value);
  const begun = <T>(copy: T): T => {
    known.set(value, copy);
    return copy;
  };
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return begun(memoryCopy(value));
  if (isTensor(value)) return begun(tensorCopy(value));
  if (isOf(value, Array.prototype)) {
    const copy: unknown[] = begun([]);
    for (const one of value as readonly unknown[]) copy.push(copied(one, known));
    return copy;
  }
  if (isOf(value, Map.prototype)) {
    const copy = begun(new Map<unknown, unknown>());
    for (const [key, one] of value as ReadonlyMap<unknown, unknown>)
      copy.set(copied(key, known), copied(one, known));
    return copy;
  }
  if (isOf(value, Set.prototype)) {
    const copy = begun(new Set<unknown>());
    for (const one of value as ReadonlySet<unknown>) copy.add(copied(one, known));
    return copy;
  }
  if (!isOf(value, Object.prototype, null)) return value;
  const copy = begun({});
  for (const name of Reflect.ownKeys(value))
    Object.defineProperty(
      copy,
      name,
      propertyCopy(Object.getOwnPropertyDescriptor(value, name) as PropertyDescriptor, known),
    );
  return copy;
};

/**
 * A deep copy of arrays, tensors, memory, maps, sets and plain objects, accessors and keys included; instances of other classes are not
 * copied.
 */
export const deepCopy = <T>(value: T): T => copied(value, new Map()) as T;

/** A value as a function receives it: itself if the function only reads it, a `deepCopy` otherwise. */
export const handedTo = <T>(f: object, value: T): T => (readers.has(f) ? value : deepCopy(value));
