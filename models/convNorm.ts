import { batchNorm } from "../operators/layers/batchNorm.ts";
import { type Conv2dOptions, conv2d } from "../operators/layers/conv2d.ts";
import type { Module } from "../operators/module/module.ts";
import { sequential } from "../operators/module/sequential.ts";
import { quantized } from "../operators/sites/quantized.ts";

/** A quantized convolution, `conv${name}`, and its batch normalization, `norm${name}`. */
export const convNorm = (name: string, options: Conv2dOptions): Module =>
  sequential(quantized(conv2d)(`conv${name}`, options), batchNorm(`norm${name}`));
