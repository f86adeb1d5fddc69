import type { Module } from "../operators/module/module.ts";

/** A first convolution with the stride of its papers, 2; but 1 for images of up to 32x32, of which too little would be left. */
export const firstStride =
  (convolution: (stride: number) => Module): Module =>
  (scope) =>
    convolution(Math.max(...scope.shape.slice(0, 2)) > 32 ? 2 : 1)(scope);
