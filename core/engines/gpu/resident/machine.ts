/**
 * @file Kernels whose inputs and results stay on the device.
 *
 * gpu.js compiles the text of a kernel once, and returns its results as handles of WebGPU buffers. What gpu.js has no interface for
 * is done on its device directly: many small results are read back with one copy and one wait.
 */
import { internal } from "../../../errors.ts";
import gpujs, { type GpuJs } from "../../gpujs/gpujs.js";
import { helpers } from "./helpers.ts";

/** Number of threads along one, two or three sides. */
export type Threads = readonly number[];

/** Numbers on the device. */
export interface Buffer {
  readonly size: number;
  readonly handle: Handle;
}

/** A gpu.js handle: a WebGPU buffer, and the number of handles and kernels that hold it. */
interface Handle {
  readonly buffer: { _refs: number };
  readonly delete: () => void;
}

/** Amount of data read back from the device so far. */
export interface ReadBack {
  /** Number of times that the host has waited for the device. */
  readonly times: number;
  readonly bytes: number;
  /** Largest read of one tensor or statistic, in bytes. */
  readonly most: number;
}

/** A device that compiles kernels from text and runs them on buffers. */
export interface Machine {
  /** Runs a kernel on a number of threads, with buffers, named a0, a1 and so on in its text, and small numbers, named v. */
  run(
    body: string,
    threads: Threads,
    buffers: readonly Buffer[],
    numbers?: readonly number[],
  ): Promise<Buffer>;
  upload(data: Float32Array): Promise<Buffer>;
  /** The numbers in a buffer at this moment. Reads that are requested before anything waits are combined. */
  read(buffer: Buffer): Promise<Float32Array>;
  /** The same, but deferred until other buffers are read, or until there is nothing else to do. */
  readLater(buffer: Buffer): Promise<Float32Array>;
  free(buffer: Buffer): void;
  readBack(): ReadBack;
  /** Resets the counts of data read back. */
  resetReadBack(): void;
  dispose(): void;
}

const { input } = gpujs;

/** The context of gpu.js on WebGPU. */
export const contextOf = (): Promise<{ readonly adapter: GPUAdapter; readonly device: GPUDevice }> =>
  gpujs.WebGPUContext.acquire() as never;

/** A kernel whose results stay on the device. */
interface Kernel {
  (...values: readonly unknown[]): Promise<Handle>;
  setOutput(output: readonly number[]): unknown;
  destroy(): void;
  readonly kernel: { outputBuffer: Handle["buffer"] | null };
}

/** Makes a kernel release its last result, which it would otherwise hold until it runs again. */
const letGo = ({ kernel }: Kernel, { buffer }: Handle): void => {
  if (kernel.outputBuffer !== buffer) return;
  kernel.outputBuffer = null;
  buffer._refs--;
};

interface Request {
  readonly buffer: Buffer;
  readonly resolve: (data: Float32Array) => void;
  readonly reject: (error: unknown) => void;
}

const nothing: ReadBack = { times: 0, bytes: 0, most: 0 };

const mapRead = 1;
const copyTarget = 8;

/** Calls `f` once all pending work is done; a message to the own thread arrives sooner than a timer. */
const whenIdle = (f: () => void): void => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    f();
  };
  port2.postMessage(undefined);
};

const product = (sides: readonly number[]): number => sides.reduce((a, b) => a * b, 1);

/** Settings of a kernel whose result stays on the device, in a buffer of its own. */
const resident = {
  pipeline: true,
  immutable: true,
  precision: "single",
  loopMaxIterations: 2 ** 30,
} as const;

/** Compiles and runs kernels on the device of gpu.js in mode `webgpu`. */
export const openMachine = async (gpu: GpuJs): Promise<Machine> => {
  const { device } = await contextOf();
  for (const { source, settings } of helpers) gpu.addFunction(source, settings);
  const kernels = new Map<string, Kernel>();
  const kernelOf = (source: string, settings: object): Kernel =>
    gpu.createKernel(source, { ...resident, ...settings }) as unknown as Kernel;
  const copy = kernelOf("function (a) { return a[this.thread.x]; }", {
    output: [1],
    dynamicOutput: true,
    dynamicArguments: true,
  });
  let seen: ReadBack = nothing;
  let waiting: Request[] = [];
  /** Buffers to free once they have been read. */
  const last = new Set<Buffer>();

  const compiled = (body: string, threads: Threads, count: number, hasNumbers: boolean): Kernel => {
    const names = [...Array.from({ length: count }, (_, i) => `a${i}`), ...(hasNumbers ? ["v"] : [])];
    const key = `${threads.join()} ${names.join()} ${body}`;
    const compiled = kernels.get(key);
    if (compiled) return compiled;
    const kernel = kernelOf(`function (${names.join(", ")}) {\n${body}\n}`, { output: [...threads] });
    kernels.set(key, kernel);
    return kernel;
  };

  /** The numbers of all requested buffers, copied together, so that the host waits once. */
  const fetched = async (requests: readonly Request[]): Promise<Float32Array> => {
    const sizes = requests.map(({ buffer }) => 4 * buffer.size);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const staging = device.createBuffer({ size: bytes, usage: mapRead | copyTarget });
    const encoder = device.createCommandEncoder();
    let at = 0;
    for (const { buffer } of requests) {
      encoder.copyBufferToBuffer(buffer.handle.buffer as never, 0, staging, at, 4 * buffer.size);
      at += 4 * buffer.size;
    }
    device.queue.submit([encoder.finish()]);
    for (const { handle } of last) handle.delete();
    last.clear();
    seen = { times: seen.times + 1, bytes: seen.bytes + bytes, most: Math.max(seen.most, ...sizes) };
    try {
      await staging.mapAsync(mapRead);
      return new Float32Array(staging.getMappedRange().slice(0));
    } finally {
      staging.destroy();
    }
  };

  /** Answers all requests. A failure, even before the device has started, is the failure of each. */
  const flush = async (): Promise<void> => {
    const requests = waiting;
    waiting = [];
    if (requests.length === 0) return;
    try {
      const all = await fetched(requests);
      let from = 0;
      for (const { buffer, resolve } of requests) {
        resolve(all.subarray(from, from + buffer.size));
        from += buffer.size;
      }
    } catch (error) {
      for (const { reject } of requests) reject(error);
    }
  };

  const asked = (buffer: Buffer): Promise<Float32Array> =>
    new Promise((resolve, reject) => {
      waiting.push({ buffer, resolve, reject });
    });

  return {
    run: async (body, threads, buffers, numbers = []) => {
      const kernel = compiled(body, threads, buffers.length, numbers.length > 0);
      const vector = numbers.length > 0 ? [input(Float32Array.from(numbers), [numbers.length])] : [];
      const handle = await kernel(...buffers.map(({ handle }) => handle), ...vector);
      letGo(kernel, handle);
      return { size: product(threads), handle };
    },
    upload: async (data) => {
      if (data.length === 0) throw internal("an empty tensor has no place on the device");
      copy.setOutput([data.length]);
      const handle = await copy(input(data, [data.length]));
      letGo(copy, handle);
      return { size: data.length, handle };
    },
    read: (buffer) => {
      queueMicrotask(flush);
      return asked(buffer);
    },
    readLater: (buffer) => {
      if (waiting.length === 0) whenIdle(flush);
      return asked(buffer);
    },
    free: (buffer) => {
      if (waiting.some((request) => request.buffer === buffer)) last.add(buffer);
      else buffer.handle.delete();
    },
    readBack: () => seen,
    resetReadBack: () => {
      seen = nothing;
    },
    dispose: () => {
      for (const kernel of kernels.values()) kernel.destroy();
      copy.destroy();
      kernels.clear();
    },
  };
};
