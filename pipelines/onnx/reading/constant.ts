import type { Shape } from "../../../core/tensor.ts";
import type { CodeGrid } from "./codeGrid.ts";

/** How the kernel of a convolution moves over its image. */
export interface ConvSlide {
  readonly strides: readonly number[];
  /** Top, left, bottom, right; undefined if the runtime chooses them, or a node in front pads. */
  readonly pads: readonly number[] | undefined;
  readonly dilations: readonly number[];
  readonly group: number;
}

/** A constant float32 tensor, whose elements are read on demand. */
export interface Constant {
  /** Name of the tensor that it comes from, without `_quantized`. */
  readonly name: string;
  readonly shape: Shape;
  /** Type of its numbers in the file, for messages. */
  readonly dtype: string;
  readonly read: () => Float32Array;
  /** Grid of its codes, if it is stored as codes or rounded to them. */
  readonly grid?: CodeGrid;
  /** How it moves over its image, if it is a convolution kernel. */
  readonly slide?: ConvSlide;
  /** Epsilon added to the variance, if it is a parameter of a normalization. */
  readonly epsilon?: number;
}
