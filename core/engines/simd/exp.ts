import ndarray from "ndarray";
import type { Memory } from "./memory.ts";

/** Numbers that fit into the fastest cache twice. */
const most = 1024;

/** Replaces numbers outside of the memory of the engine by their powers of e. */
export const exp = (memory: Memory, x: Float64Array): void => {
  const room = ndarray(memory.float64(Math.min(x.length, most)));
  const { data } = room;
  for (let from = 0; from < x.length; from += most) {
    const part = x.subarray(from, from + most);
    data.set(part);
    memory.kernels.exp(data.byteOffset, part.length);
    part.set(part.length < data.length ? data.subarray(0, part.length) : data);
  }
  memory.release(room);
};
