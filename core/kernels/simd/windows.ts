/** @file Pools, samplings and codes with a scale per channel: sources that are computed as a whole before a pass begins. */
import type { Source } from "../../pass.ts";
import { slid, type Window } from "../../shape.ts";
import type { QTensor, Shape, Tensor } from "../../tensor.ts";
import type { Memory } from "./memory.ts";

type Sides = readonly [number, number, number, number];
type Windowed = Extract<Source, { _tag: "Pool" | "Unpool" | "Subsample" | "Supersample" }>;

const place = (memory: Memory, { data, offset, size }: Tensor): number => memory.at(data, offset, size);

const slide = ({ kernels }: Memory, window: Window, x: Shape): void => {
  const [n, h, w, c] = x as Sides;
  const [, toH, toW] = slid(x, window, c) as Sides;
  const { kernelHeight, kernelWidth, stride, padding } = window;
  kernels.convolution(0, n, h, w, c, toH, toW, c, kernelHeight, kernelWidth, stride, padding, 1);
};

const inverseArea = ({ kernelHeight, kernelWidth }: Window): number => 1 / (kernelHeight * kernelWidth);

/** A pool, a sampling, or the pullback of one, stored. */
export const windowed = (memory: Memory, source: Windowed, shape: Shape): Tensor => {
  const { kernels } = memory;
  const to = memory.tensor(shape);
  const out = to.data.byteOffset;
  switch (source._tag) {
    case "Pool": {
      const x = place(memory, source.x);
      slide(memory, source.window, source.x.shape);
      kernels.pool(+(source.kind === "max"), x, inverseArea(source.window), out);
      return to;
    }
    case "Unpool": {
      const x = place(memory, source.x);
      const dy = place(memory, source.dy);
      slide(memory, source.window, source.x.shape);
      kernels.unpool(+(source.kind === "max"), x, dy, inverseArea(source.window), out);
      return to;
    }
    case "Subsample": {
      const [n, h, w, c] = source.x.shape as unknown as Sides;
      const [, toH, toW, o] = shape as Sides;
      const { stride, before } = source;
      kernels.subsample(place(memory, source.x), n, h, w, c, toH, toW, o, stride, before, out);
      return to;
    }
    case "Supersample": {
      const [n, h, w, c] = shape as Sides;
      const [, toH, toW, o] = source.dy.shape as unknown as Sides;
      const { stride, before } = source;
      kernels.supersample(place(memory, source.dy), n, h, w, c, toH, toW, o, stride, before, out);
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
