/** @file Pools, samplings and codes with a scale per channel: sources that are computed as a whole before a pass begins. */
import type { Source } from "../../pass.ts";
import { slid, type Window } from "../../shape.ts";
import { type QTensor, type Shape, sizeOf, type Tensor } from "../../tensor.ts";
import type { Kernels } from "./kernels.ts";
import type { Memory } from "./memory.ts";

type Sides = readonly [number, number, number, number];
type Windowed = Extract<Source, { _tag: "Pool" | "Unpool" | "Subsample" | "Supersample" }>;

const place = (memory: Memory, { data, offset, size }: Tensor): number => memory.at(data, offset, size);

const slide = (kernels: Kernels, window: Window, x: Shape): void => {
  const [n, h, w, c] = x as Sides;
  const [, toH, toW] = slid(x, window, c) as Sides;
  const { kernelHeight, kernelWidth, stride, padding } = window;
  kernels.convolution(0, n, h, w, c, toH, toW, c, kernelHeight, kernelWidth, stride, padding, 1);
};

const inverseArea = ({ kernelHeight, kernelWidth }: Window): number => 1 / (kernelHeight * kernelWidth);

/** A pool, a sampling, or the pullback of one, stored. */
export const windowed = (memory: Memory, source: Windowed, shape: Shape): Tensor => {
  const { crew } = memory;
  const to = memory.tensor(shape);
  const out = to.data.byteOffset;
  switch (source._tag) {
    case "Pool": {
      const { window, kind } = source;
      const x = place(memory, source.x);
      crew.together(crew.sharesOf(source.x.size), (kernels) => {
        slide(kernels, window, source.x.shape);
        kernels.pool(+(kind === "max"), x, inverseArea(window), out);
      });
      return to;
    }
    case "Unpool": {
      const { window, kind } = source;
      const x = place(memory, source.x);
      const dy = place(memory, source.dy);
      crew.together(crew.sharesOf(2 * source.x.size), (kernels) => {
        slide(kernels, window, source.x.shape);
        kernels.unpool(+(kind === "max"), x, dy, inverseArea(window), out);
      });
      return to;
    }
    case "Subsample": {
      const [n, h, w, c] = source.x.shape as unknown as Sides;
      const [, toH, toW, o] = shape as Sides;
      const { stride, before } = source;
      const x = place(memory, source.x);
      crew.together(crew.sharesOf(sizeOf(shape) / 4), (kernels) =>
        kernels.subsample(x, n, h, w, c, toH, toW, o, stride, before, out),
      );
      return to;
    }
    case "Supersample": {
      const [n, h, w, c] = shape as Sides;
      const [, toH, toW, o] = source.dy.shape as unknown as Sides;
      const { stride, before } = source;
      const dy = place(memory, source.dy);
      crew.together(crew.sharesOf(sizeOf(shape) / 4), (kernels) =>
        kernels.supersample(dy, n, h, w, c, toH, toW, o, stride, before, out),
      );
      return to;
    }
  }
};

/** Codes with a scale for each of the outermost channels, as float32. */
export const dequantized = (memory: Memory, { codes, params }: QTensor): Tensor => {
  const to = memory.tensor(codes.shape);
  const channels = params.scale.length;
  memory.kernels.dequantizeChannels(
    memory.at(codes.data, codes.offset, codes.size),
    channels,
    codes.size / channels,
    memory.at(params.scale),
    memory.at(params.zeroPoint),
    to.data.byteOffset,
  );
  return to;
};
