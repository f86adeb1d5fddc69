/**
 * @file Pools and subsamplings, whose elements are passed on sample by sample, and codes with a scale per channel, which are
 *   computed as a whole.
 */
import type { Source } from "../../expr.ts";
import { inverseArea, outputShape, type Window } from "../../shape.ts";
import { type Codes, inMemory, type QTensor, type Shape, sides4, sizeOf, type Tensor } from "../../tensor.ts";
import type { Kernels } from "./kernels.ts";
import type { Memory } from "./memory.ts";
import type { Computation } from "./placed.ts";

type Windowed = Extract<Source, { _tag: "Pool" | "Unpool" | "Subsample" | "Supersample" }>;

const place = (memory: Memory, x: Tensor | Codes): number => memory.at(inMemory(x).data, x.offset, x.size);

const slide = (kernels: Kernels, window: Window, x: Shape): void => {
  const [n, h, w, c] = sides4(x);
  const [, toH, toW] = sides4(outputShape(x, window, c));
  const { kernelHeight, kernelWidth, stride, padding } = window;
  kernels.convolution(0, n, h, w, c, toH, toW, c, kernelHeight, kernelWidth, stride, padding, 1);
};

const resample = (kernels: Kernels, large: Shape, small: Shape, stride: number): void => {
  const [n, h, w, c] = sides4(large);
  const [, toH, toW, o] = sides4(small);
  kernels.convolution(0, n, h, w, c, toH, toW, o, 1, 1, stride, 0, 1);
};

/** Whether a source is a pool, a subsampling, or a pullback of one. */
export const isWindowed = (source: Source): source is Windowed =>
  source._tag === "Pool" ||
  source._tag === "Unpool" ||
  source._tag === "Subsample" ||
  source._tag === "Supersample";

/** Approximate time of a source on one thread, in nanoseconds. */
export const workOfWindows = (source: Windowed, shape: Shape): number => {
  switch (source._tag) {
    case "Pool":
      return source.x.size;
    case "Unpool":
      return 2 * source.x.size;
    default:
      return sizeOf(shape) / 4;
  }
};

/**
 * A pool, a subsampling, or a pullback of one, whose inputs are in memory. Its elements go through the current pass, a few samples
 * at a time.
 */
export const windowed = (memory: Memory, source: Windowed, shape: Shape): Computation => {
  switch (source._tag) {
    case "Pool": {
      const { window, kind } = source;
      const x = place(memory, source.x);
      return (kernels) => {
        slide(kernels, window, source.x.shape);
        kernels.pool(+(kind === "max"), x, inverseArea(window));
      };
    }
    case "Unpool": {
      const { window, kind } = source;
      const x = place(memory, source.x);
      const dy = place(memory, source.dy);
      return (kernels) => {
        slide(kernels, window, source.x.shape);
        kernels.unpool(+(kind === "max"), x, dy, inverseArea(window));
      };
    }
    case "Subsample": {
      const { stride, before } = source;
      const x = place(memory, source.x);
      return (kernels) => {
        resample(kernels, source.x.shape, shape, stride);
        kernels.subsample(x, before);
      };
    }
    case "Supersample": {
      const { stride, before } = source;
      const dy = place(memory, source.dy);
      return (kernels) => {
        resample(kernels, shape, source.dy.shape, stride);
        kernels.supersample(dy, before);
      };
    }
  }
};

/** Codes with a scale per outermost channel, as float32. */
export const dequantized = (memory: Memory, { codes, params }: QTensor): Tensor => {
  const to = memory.tensor(codes.shape);
  const channels = params.scale.length;
  memory.kernels.dequantizeChannels(
    place(memory, codes),
    channels,
    codes.size / channels,
    memory.at(params.scale),
    memory.at(params.zeroPoint),
    to.data.byteOffset,
  );
  return to;
};
