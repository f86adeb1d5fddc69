/** @file Operands of products in the memory of the engine. */
import { internal } from "../../errors.ts";
import type { Factor } from "../../product.ts";
import { inMemory } from "../../tensor.ts";
import type { Kernels } from "./kernels.ts";
import type { Memory } from "./memory.ts";

/** A computation that runs on given kernels once its results have their place: at an address, or in the current pass if that is 0. */
export type Computation = (kernels: Kernels, raw: number) => void;

/** Address and zero points of an operand; 0 for float32. */
export interface Placed {
  readonly at: number;
  readonly zero: number;
  readonly zeros: Int32Array;
}

const noZeros = new Int32Array(1);

/** Places an operand in memory, unless it is there. */
export const placed = (memory: Memory, operand: Factor): Placed => {
  if (operand._tag === "Dense") {
    const { data, offset, size } = inMemory(operand.x);
    return { at: memory.at(data, offset, size), zero: 0, zeros: noZeros };
  }
  if (operand._tag === "Blocks") throw internal("integers in blocks among the operands of other products");
  const { codes, params } = operand.q;
  return {
    at: memory.at(inMemory(codes).data, codes.offset, codes.size),
    zero: params.zeroPoint[0] as number,
    zeros: params.zeroPoint,
  };
};
