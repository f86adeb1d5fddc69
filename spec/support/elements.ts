import { type Codes, elements as elementsInMemory, inMemory, type Tensor } from "../../core/tensor.ts";

/** The elements of what an engine has made that keeps all tensors in memory. */
export function elements(x: Tensor): Float32Array;
export function elements(x: Codes): Int8Array;
export function elements(x: Tensor | Codes): Float32Array | Int8Array;
export function elements(x: Tensor | Codes): Float32Array | Int8Array {
  return elementsInMemory(inMemory(x));
}
