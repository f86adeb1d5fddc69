/**
 * @file What every engine does. `reference` is slow and obvious, and the oracle of the others: same passes, same bits.
 */
import type { Eventual } from "./eventual.ts";
import type { Expr } from "./expr.ts";
import type { PassResult, Sinks } from "./pass.ts";
import type { Product, Sums } from "./product.ts";
import type { Codes, HostTensor, OnHost, Shape, Tensor } from "./tensor.ts";

/** Hyper-parameters of one update; all computed in float32, a rounding after each operation. */
export interface Update {
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
}

/**
 * Backend that computes passes, products and updates, on tensors of its own. All engines give the same bits.
 *
 * Engines that compute in memory answer at once, those on a device with promises (`Eventual`). Sizes are in bytes.
 */
export interface Engine {
  /** Name by which it is found in the registry. */
  readonly name: string;
  /** Name of the backend that runs the products, e.g. `webassembly simd128` or `gpu.js webasm`; reported, never guessed. */
  readonly backend: string;

  /** Runs a pass: the source, its stages, and all sinks at once. What it leaves behind lives until it is released, at most until the next `beginStep`. */
  run(x: Expr, sinks: Sinks): Eventual<PassResult>;

  /** The exact integer sums of a product of quantized operands. They live until the next `beginStep`. */
  accumulate(product: Product): Eventual<Sums>;

  /**
   * A tensor of zeros that lives as long as the engine and stays in memory: biases, normalizations, running statistics, which
   * whoever has allocated it may read and write.
   */
  allocate(shape: Shape): HostTensor;

  /**
   * A tensor that lives as long as the engine, for weights and their velocities; on a device its elements move there with the first
   * `update`.
   *
   * @param fill gives it its first elements, in row order; zeros before
   */
  allocateResident(shape: Shape, fill: (elements: Float32Array) => void): Tensor;

  /** A copy of `data` that lives until the next `beginStep`. Throws `RangeError` if it does not have as many elements as the shape says. */
  upload(data: Float32Array, shape: Shape): Tensor;

  /** The tensor itself where its elements are in memory, else a copy that has them there. */
  read<T extends Tensor | Codes>(x: T): Eventual<OnHost<T>>;

  /** Gives a tensor of `allocate` or `allocateResident` other elements, wherever they are. */
  write(x: Tensor, elements: Float32Array): Eventual<void>;

  /**
   * Stochastic gradient descent on one parameter, in place; a parameter of `allocate` stays in memory. Sutskever et al. 2013, in the form of PyTorch:
   *
   *     g = gradient + weightDecay * parameter;   velocity = momentum * velocity + g
   *     parameter -= learningRate * (nesterov ? g + momentum * velocity : velocity)
   */
  update(parameter: Tensor, velocity: Tensor, gradient: Tensor, how: Update): Eventual<void>;

  /** Forgets everything that the last step left behind. */
  beginStep(): void;

  /** Bytes: what lives as long as the engine, the most that this step has had at a time, and all that there is. */
  memory(): { readonly kept: number; readonly step: number; readonly most: number };

  dispose(): void;
}
