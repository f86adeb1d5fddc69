import { batchNorm } from "../operators/batchNorm.ts";
import { type Conv2dOptions, conv2d } from "../operators/conv2d.ts";
import type { Module } from "../operators/module.ts";
import { quantized } from "../operators/quantized.ts";
import { sequential } from "../operators/sequential.ts";

/** A quantized convolution without bias and its batch normalization: `conv${name}` and `norm${name}`. */
export const convNorm = (name: string, options: Conv2dOptions): Module =>
  sequential(quantized(conv2d)(`conv${name}`, options), batchNorm(`norm${name}`));
