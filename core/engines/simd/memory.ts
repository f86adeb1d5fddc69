/**
 * @file One WebAssembly memory, and tensors as `ndarray` views of it.
 *
 * The memory is reserved as a whole and never grows, since growing would detach every view; the system provides a page when it is
 * first touched. What a step leaves behind is taken from the bottom, what is kept from the top (`assembly/arena.ts`).
 */
import type { NdArray } from "ndarray";
import { problem, RangeflowFailure, thrownText } from "../../errors.ts";
import {
  type Codes,
  codes,
  type HostCodes,
  type HostTensor,
  inMemory,
  isReleased,
  readTooLate,
  release,
  type Shape,
  sizeOf,
  type Tensor,
  tensor,
} from "../../tensor.ts";
import type { Threads } from "../../threads.ts";
import { alone, type Crew, crewOf, tablesEnd } from "./crew.ts";
import { holesOf } from "./holes.ts";
import { instantiate, type Kernels, type Multiplication, moduleOf } from "./kernels.ts";
import { numberOf } from "./relaxed.ts";

const pageBytes = 65536;
const mostPages = 65535;
const leastPages = 64;

type Vector = Float32Array | Float64Array | Int8Array | Int32Array;

/** The memory of an engine: tensors and scratch in one WebAssembly memory. */
export interface Memory {
  /** Kernels of the calling thread. */
  readonly kernels: Kernels;
  readonly crew: Crew;
  /** Size of the memory in bytes. */
  readonly bytes: number;
  /** Address of the elements of a tensor or vector; what lives outside is copied into the step first. */
  at(data: Vector, offset?: number, length?: number): number;
  /** Brings back what has been changed in the copy `at` of a tensor that lives outside. */
  bringBack(x: Tensor, at: number): void;
  tensor(shape: Shape): HostTensor;
  codes(shape: Shape): HostCodes;
  int32(count: number): Int32Array;
  float64(count: number): Float64Array;
  /** Scratch of so many bytes behind what the step has taken, for as long as the caller wants it. */
  scratch(bytes: number): number;
  /** A tensor of zeros that lives as long as the engine. */
  kept(shape: Shape): HostTensor;
  /** Gives the memory of a tensor of this step to later ones; of one that lives outside, or has been released, nothing. */
  release(x: Tensor | Codes | NdArray<Float64Array>): void;
  /** Forgets the tensors of a step. */
  beginStep(): void;
}

/** Runtimes reserve addresses around a memory, however small it is, so that nothing beyond it is ever reached. */
const noAddresses = (error: unknown): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      "simd engine",
      `no address space for WebAssembly (${thrownText(error)})`,
      "about 10 GB of virtual address space, which `ulimit -v` limits",
      "raise that limit, or use --engine reference; NODE_OPTIONS=--disable-wasm-trap-handler needs less, on one thread",
    ),
  );

/**
 * Allocates as much as is wanted; or where nobody says how much, the most, or a quarter of it, and so on, so that where room is scarce some is
 * left for the runtime itself, which ends the process when a thread of its own finds none.
 */
const reserve = (bytes: number | undefined, shared: boolean): WebAssembly.Memory => {
  let pages =
    bytes === undefined ? mostPages : Math.min(Math.max(Math.ceil(bytes / pageBytes), leastPages), mostPages);
  for (;;)
    try {
      return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    } catch (error) {
      if (bytes !== undefined || pages <= leastPages) throw noAddresses(error);
      pages >>= 2;
    }
};

/** Whether threads can share a memory here: a page needs to be isolated from others for that. */
const canShare = (): boolean => typeof SharedArrayBuffer === "function";

/** Size of a memory, and the threads that share it. */
export interface MemoryOptions {
  readonly bytes?: number | undefined;
  readonly threads?: Threads | undefined;
}

/**
 * A memory of so many bytes, or of as many as the runtime has, at most 4 GiB; with `threads` one that they share.
 *
 * @throws `RangeflowFailure` if the system has no room for one
 */
export const openMemory = (
  multiplication: Multiplication,
  { bytes, threads: wanted }: MemoryOptions,
): Memory => {
  const threads = wanted !== undefined && canShare() ? wanted : undefined;
  const memory = reserve(bytes, threads !== undefined);
  const { buffer } = memory;
  const free = (): number => kernels.freeBytes() >>> 0;
  const refuse = (wanted: number): never => {
    throw new RangeflowFailure(
      problem(
        "simd engine",
        `${wanted >>> 0} more bytes needed, ${free()} of ${buffer.byteLength} free`,
        "room for all tensors of a step",
        "use a smaller batch or a smaller network",
      ),
    );
  };
  const module = moduleOf(multiplication.relaxed, threads !== undefined);
  const kernels = instantiate(module, memory, refuse, multiplication.bytes);
  kernels.open(threads === undefined ? kernels.tablesEnd() : tablesEnd(kernels, threads), buffer.byteLength);
  const workplace = { kernels, module, memory, bytes: numberOf(multiplication.bytes), refuse };
  const crew = threads === undefined ? alone(kernels) : crewOf(workplace, threads);

  const checked = (wanted: number): number => {
    if (wanted > free()) refuse(wanted);
    return wanted;
  };
  const floats = new Float32Array(buffer);
  const doubles = new Float64Array(buffer);
  const integers = new Int32Array(buffer);
  const bytesOf = new Int8Array(buffer);
  /** The whole memory, in elements of the same kind. */
  const allOf = (data: Vector): Vector => {
    if (data instanceof Float32Array) return floats;
    if (data instanceof Int32Array) return integers;
    return data instanceof Int8Array ? bytesOf : doubles;
  };
  const holes = holesOf(kernels);
  const takeAtEnd = (wanted: number): number => kernels.take(checked(wanted)) >>> 0;
  const take = (wanted: number): number => holes.take(wanted) ?? takeAtEnd(wanted);

  return {
    kernels,
    crew,
    bytes: buffer.byteLength,
    at: (data, offset = 0, length = data.length - offset) => {
      if (data.length === 0 && length > 0) throw readTooLate([length]);
      const { byteOffset, BYTES_PER_ELEMENT: each } = data;
      // Nothing of ours begins at 0; and a small vector that is asked for its buffer has one made for it, in 200 ns.
      if (byteOffset > 0 && data.buffer === buffer) return byteOffset + offset * each;
      const to = takeAtEnd(length * each);
      const vector = length === data.length ? data : data.subarray(offset, offset + length);
      allOf(data).set(vector, to / each);
      return to;
    },
    bringBack: (x, at) => {
      const { data, offset, size } = inMemory(x);
      if (data.buffer !== buffer) data.set(new Float32Array(buffer, at, size), offset);
    },
    tensor: (shape) => tensor(new Float32Array(buffer, take(4 * sizeOf(shape)), sizeOf(shape)), shape),
    codes: (shape) => codes(new Int8Array(buffer, take(sizeOf(shape)), sizeOf(shape)), shape),
    int32: (count) => new Int32Array(buffer, take(4 * count), count),
    scratch: takeAtEnd,
    float64: (count) => new Float64Array(buffer, take(8 * count), count),
    kept: (shape) => {
      const at = kernels.keep(checked(4 * sizeOf(shape))) >>> 0;
      return tensor(new Float32Array(buffer, at, sizeOf(shape)), shape);
    },
    release: (x) => {
      const { data, offset, size } = x as HostTensor | HostCodes | NdArray<Float64Array>;
      if (data.buffer !== buffer || isReleased(x)) return;
      holes.give(data.byteOffset + offset * data.BYTES_PER_ELEMENT, size * data.BYTES_PER_ELEMENT);
      release(x);
    },
    beginStep: () => {
      holes.forget();
      kernels.reset();
    },
  };
};
