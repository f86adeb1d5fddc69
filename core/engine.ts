/**
 * @file The interface of all engines. `reference` is slow and simple, and the oracle of the others: same passes, same
 *   bits.
 */
import type { PowersOfE } from "./elementary/exp.ts";
import type { Eventual } from "./eventual.ts";
import type { Expr } from "./expr.ts";
import type { BlockRounding, QuantizedBlocks } from "./integerBlocks.ts";
import type { PassResult, Sinks } from "./pass.ts";
import type { Product, Sums } from "./product.ts";
import type { Codes, HostTensor, OnHost, Shape, Tensor } from "./tensor.ts";

/** Hyper-parameters of one SGD update, computed in float32 with a rounding after each operation. */
export interface Update {
  /** Learning rate of this update. */
  readonly learningRate: number;
  /** Weight of the past velocity; 0 for none. */
  readonly momentum: number;
  /** Whether to use Nesterov momentum. */
  readonly nesterov: boolean;
  /** Weight of the parameter in its gradient; 0 for none. */
  readonly weightDecay: number;
}

/**
 * A backend that computes passes, products and updates, on tensors of its own. All engines give the same bits.
 *
 * Engines that compute in memory return values; engines on a device return promises (`Eventual`). Sizes are in bytes.
 */
export interface Engine {
  /** Name of the engine in the registry. */
  readonly name: string;
  /** Name of the backend that actually runs the products, e.g. `webassembly simd128` or `gpu.js webasm`. */
  readonly backend: string;

  /**
   * Runs a pass: the source, its stages, and all sinks at once. Its results live until they are released, at most until
   * the next `beginStep`.
   */
  run(x: Expr, sinks: Sinks): Eventual<PassResult>;

  /**
   * A tensor [N, H, W, C] as integers in blocks, `integerBlocks.ts`. Codes, scales and values live until the next `beginStep`. Codes and scales
   * are in memory.
   */
  inBlocks(x: Tensor, how: BlockRounding): Eventual<QuantizedBlocks>;

  /** Replaces numbers in memory by their powers of e, `elementary/exp.ts`. */
  readonly exp: PowersOfE;

  /** The exact integer sums of a product of quantized operands. They live until the next `beginStep`. */
  accumulate(product: Product): Eventual<Sums>;

  /**
   * A tensor of zeros that lives as long as the engine and stays in memory, where its owner may read and write it: for
   * biases, normalizations and running statistics.
   */
  allocate(shape: Shape): HostTensor;

  /**
   * A tensor that lives as long as the engine, for weights and their velocities. On a device, its elements move there
   * with the first `update`.
   *
   * @param fill sets the initial elements, in row order; they are 0 before
   */
  allocateResident(shape: Shape, fill: (elements: Float32Array) => void): Tensor;

  /**
   * A copy of `data` that lives until the next `beginStep`. Throws `RangeError` if the number of elements does not
   * match the shape.
   */
  upload(data: Float32Array, shape: Shape): Tensor;

  /** The tensor itself if its elements are in memory, otherwise a copy in memory. */
  read<T extends Tensor | Codes>(x: T): Eventual<OnHost<T>>;

  /** Overwrites the elements of a tensor of `allocate` or `allocateResident`, wherever they are. */
  write(x: Tensor, elements: Float32Array): Eventual<void>;

  /**
   * Stochastic gradient descent on one parameter, in place. A parameter of `allocate` stays in memory. Sutskever et al.
   * 2013, in PyTorch's form:
   *
   *     g = gradient + weightDecay * parameter;   velocity = momentum * velocity + g
   *     parameter -= learningRate * (nesterov ? g + momentum * velocity : velocity)
   */
  update(parameter: Tensor, velocity: Tensor, gradient: Tensor, how: Update): Eventual<void>;

  /** Starts a step and releases everything that the last step left behind. */
  beginStep(): void;

  /**
   * Memory use in bytes: `kept`, what lives as long as the engine; `step`, the peak of this step; `most`, all that is
   * available.
   */
  memory(): { readonly kept: number; readonly step: number; readonly most: number };

  /** Releases everything; the engine cannot be used afterwards. */
  dispose(): void;
}
