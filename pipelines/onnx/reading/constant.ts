import type { Shape } from "../../../core/tensor.ts";
import type { CodeGrid } from "./codeGrid.ts";

/** How the kernel of a convolution goes over its image. */
export interface ConvSlide {
  readonly strides: readonly number[];
  /** Top, left, bottom, right; undefined where the file leaves it to the runtime, or pads in front. */
  readonly pads: readonly number[] | undefined;
  readonly dilations: readonly number[];
  readonly group: number;
}

/** A constant tensor of float32, whose elements are read when they are asked for. */
export interface Constant {
  /** Name of the tensor that it is made of, without `_quantized`. */
  readonly name: string;
  readonly shape: Shape;
  /** Type of its numbers as the file has them, for sentences. */
  readonly dtype: string;
  readonly read: () => Float32Array;
  /** Grid of its codes, if it is stored as codes, or rounded to some. */
  readonly grid?: CodeGrid;
  /** How it goes over its image, if it is the kernel of a convolution. */
  readonly slide?: ConvSlide;
  /** What is added to the variance, if it is a parameter of a normalization. */
  readonly epsilon?: number;
}
