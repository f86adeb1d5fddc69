/**
 * @file The SIMD engine: passes in WebAssembly on tensors in one WebAssembly memory. Equal to `engines/reference` bit by bit:
 *   codes, sums, ranges and floats.
 */
import ndarray from "ndarray";
import type { Engine } from "../../engine.ts";
import { internal } from "../../errors.ts";
import { isInteger, isOverPositions, type Product, type Sums } from "../../product.ts";
import { checkLength, elements, inMemory, sizeOf, type Tensor } from "../../tensor.ts";
import type { Threads } from "../../threads.ts";
import { exp } from "./exp.ts";
import { quantizedInBlocks } from "./integerBlocks.ts";
import type { Multiplication } from "./kernels.ts";
import { type Memory, openMemory } from "./memory.ts";
import { multiplied, positionSums, workOf } from "./products.ts";
import { relaxedBytes } from "./relaxed.ts";
import { run } from "./run.ts";

const accumulate = (memory: Memory, product: Product): Sums => {
  if (!isInteger(product)) throw internal("accumulate wants a product of quantized operands");
  const shape = [...product.shape];
  if (isOverPositions(product)) return ndarray(positionSums(memory, product), shape);
  const { crew } = memory;
  const computation = multiplied(memory, product);
  const sums = memory.int32(sizeOf(shape));
  crew.together(crew.sharesOf(workOf(product)), (calls) => computation(calls, sums.byteOffset));
  return ndarray(sums, shape);
};

/** Options of `simd`. */
export interface SimdOptions {
  /**
   * Size of its memory in bytes. Default: as much as the runtime reserves, at most 4 GiB; pages take memory only when they are
   * used.
   */
  readonly bytes?: number;
  /**
   * Whether to use relaxed SIMD if the runtime has it and its byte products are useful. `signed` and `unsigned` emulate processors
   * with such products, slowly, to test the kernels anywhere. Default: true.
   */
  readonly relaxed?: boolean | "signed" | "unsigned";
  /** Threads to use, if memory can be shared between them. Their number does not affect the bits. Default: one thread. */
  readonly threads?: Threads | undefined;
}

const multiplicationFor = (relaxed: SimdOptions["relaxed"] = true): Multiplication => {
  if (typeof relaxed === "string") return { bytes: relaxed, relaxed: false };
  const bytes = relaxed ? relaxedBytes() : "none";
  return { bytes, relaxed: bytes !== "none" };
};

const backendOf = ({ bytes, relaxed }: Multiplication, threads: number): string => {
  const several = threads > 1 ? `, ${threads} threads` : "";
  if (relaxed) return `webassembly relaxed simd${bytes === "pairs" ? ", 7 bits" : ""}${several}`;
  return `webassembly simd128${bytes === "none" ? "" : `, ${bytes} bytes spelled out`}${several}`;
};

/**
 * Makes a SIMD engine with a memory of its own.
 *
 * @example
 * simd().name; // "simd"
 */
export const simd = (options: SimdOptions = {}): Engine => {
  const multiplication = multiplicationFor(options.relaxed);
  const memory = openMemory(multiplication, options);
  const { kernels, crew } = memory;
  const place = (x: Tensor): number => memory.at(inMemory(x).data, x.offset, x.size);
  return {
    name: "simd",
    get backend() {
      return backendOf(multiplication, crew.threads());
    },
    run: (x, sinks) => run(memory, x, sinks),
    inBlocks: (x, how) => quantizedInBlocks(memory, x, how),
    exp: (x) => exp(memory, x),
    accumulate: (product) => accumulate(memory, product),
    allocate: memory.kept,
    allocateResident: (shape, fill) => {
      const x = memory.kept(shape);
      fill(x.data);
      return x;
    },
    upload: (data, shape) => {
      checkLength(data, shape);
      const x = memory.tensor(shape);
      x.data.set(data);
      return x;
    },
    read: inMemory,
    write: (x, values) => elements(inMemory(x)).set(values),
    update: (parameter, velocity, gradient, how) => {
      const p = place(parameter);
      const v = place(velocity);
      const g = place(gradient);
      const { learningRate, momentum, weightDecay, nesterov } = how;
      kernels.update(p, v, g, parameter.size, learningRate, momentum, weightDecay, +nesterov);
      memory.bringBack(parameter, p);
      memory.bringBack(velocity, v);
    },
    beginStep: () => memory.beginStep(),
    memory: () => ({ kept: kernels.keptBytes() >>> 0, step: kernels.stepBytes() >>> 0, most: memory.bytes }),
    dispose: crew.dispose,
  };
};
