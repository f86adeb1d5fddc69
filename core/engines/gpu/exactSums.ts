/** @file Check that a device adds exactly: one product with a known sum that float32 cannot represent. */
import ndarray from "ndarray";
import type { Operand, Product, Sums } from "../../product.ts";
import type { Shape } from "../../tensor.ts";
import type { Products } from "./products.ts";

/** Codes -128 with zero point 127: each factor is -255. */
const extreme = (shape: Shape): Operand => ({
  _tag: "Codes",
  q: {
    codes: ndarray(new Int8Array(shape.reduce((a, b) => a * b, 1)).fill(-128), [...shape]),
    params: {
      bits: 8,
      qmin: -128,
      qmax: 127,
      scale: Float32Array.of(1),
      zeroPoint: Int32Array.of(127),
    },
  },
});

/** 601 taps of 255 * 255 sum to 39080025, which is odd and above 2^25, so it is not a float32 number. */
const channels = 601;
const probe: Product = {
  _tag: "Forward",
  conv: {
    kernelHeight: 1,
    kernelWidth: 1,
    stride: 1,
    padding: 0,
    inChannels: channels,
    outChannels: 5,
    groups: 1,
  },
  shape: [1, 2, 3, 5],
  x: extreme([1, 2, 3, channels]),
  w: extreme([5, 1, 1, channels]),
};

const isExact = (sums: Sums | undefined): boolean =>
  sums !== undefined && sums.size === 30 && sums.data.every((sum) => sum === channels * 255 * 255);

/** Whether the sums of the product are exact. */
export const addsExactly = async (products: Products): Promise<boolean> =>
  isExact(await products.sums(probe));
