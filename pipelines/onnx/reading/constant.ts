import type { Shape } from "../../../core/tensor.ts";
import type { CodeGrid } from "./codeGrid.ts";
import type { ConvSlide } from "./convSlide.ts";

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
}
