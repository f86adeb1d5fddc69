/** @file Kernels that read tensors on the device. */
import type { Buffers } from "./buffers.ts";
import type { Buffer, Machine, Threads } from "./machine.ts";
import type { Written } from "./text.ts";

/** Runs a kernel, and returns the buffer that it writes. */
export type Launch = (written: Written, threads: Threads) => Promise<Buffer>;

/** Makes the launcher of a machine. */
export const launchOn =
  (machine: Machine, buffers: Buffers): Launch =>
  async ({ body, tensors, numbers }, threads) => {
    const read: Buffer[] = [];
    for (const one of tensors) read.push(await buffers.of(one));
    return machine.run(body, threads, read, numbers);
  };
