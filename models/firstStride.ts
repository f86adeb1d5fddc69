import type { Module } from "../operators/module/module.ts";

/** A first convolution with stride 2, as in the papers, or stride 1 for images up to 32x32, of which too little would be left. */
export const firstStride =
  (convolution: (stride: number) => Module): Module =>
  (scope) =>
    convolution(Math.max(...scope.shape.slice(0, 2)) > 32 ? 2 : 1)(scope);
