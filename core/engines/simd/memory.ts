/**
 * @file The WebAssembly memory of an engine, with tensors as `ndarray` views of it.
 *
 * The memory is reserved as a whole and never grows, because growing would detach all views. The system provides pages when they
 * are first used. Results of a step are allocated from the bottom, long-lived tensors from the top (`assembly/arena.ts`).
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

/** The memory of an engine: tensors and scratch space in one WebAssembly memory. */
export interface Memory {
  /** Kernels of the calling thread. */
  readonly kernels: Kernels;
  readonly crew: Crew;
  /** Size of the memory in bytes. */
  readonly bytes: number;
  /** Address of the elements of a tensor or vector. Data outside of this memory is copied into the step first. */
  at(data: Vector, offset?: number, length?: number): number;
  /** Copies back a tensor outside of this memory that was changed in its copy at `at`. */
  bringBack(x: Tensor, at: number): void;
  tensor(shape: Shape): HostTensor;
  codes(shape: Shape): HostCodes;
  int32(count: number): Int32Array;
  float64(count: number): Float64Array;
  /** Scratch space of `bytes` bytes behind the allocations of the step, until the caller releases it. */
  scratch(bytes: number): number;
  /** A tensor of zeros that lives as long as the engine. */
  kept(shape: Shape): HostTensor;
  /** Frees the memory of a tensor of this step for later ones. Tensors outside of this memory, or released before, are ignored. */
  release(x: Tensor | Codes | NdArray<Float64Array>): void;
  /** Releases the tensors of the step. */
  beginStep(): void;
}

/** Runtimes reserve addresses around a memory of any size, so that out-of-bounds accesses cannot reach anything. */
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
 * Reserves the given size. Without one, it tries the maximum, then a quarter of it, and so on, so that the runtime keeps some
 * address space for itself: it ends the process if one of its own threads finds none.
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

/** Whether threads can share memory here; a web page must be cross-origin isolated for that. */
const canShare = (): boolean => typeof SharedArrayBuffer === "function";

/** Size of a memory, and the threads that share it. */
export interface MemoryOptions {
  /** Size in bytes. Default: as much as the runtime reserves, at most 4 GiB. */
  readonly bytes?: number | undefined;
  /** Threads that share it. Default: none. */
  readonly threads?: Threads | undefined;
}

/**
 * Opens the memory of an engine.
 *
 * @throws `RangeflowFailure` if the system cannot reserve it
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
  /** The whole memory as elements of the same type. */
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
      // No allocation begins at 0. And a small vector whose buffer is read gets one, which takes 200 ns.
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
