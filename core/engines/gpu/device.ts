/**
 * @file gpu.js opened in one of its modes, and the backend that it actually runs on.
 *
 * gpu.js looks for WebGPU at `navigator.gpu`. Outside of a browser the caller passes the `GPU` object; it is on `globalThis` only
 * while gpu.js requests an adapter, which happens synchronously, so no other code sees it. gpu.js keeps its device for all of its
 * instances, for the lifetime of the process or page. A device of the package `webgpu` stops working if its `GPU` object is garbage
 * collected, so `owners` keeps that as well.
 */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem, thrownText } from "../../errors.ts";
import type { Eventual } from "../../eventual.ts";
import type { NavigatorGpu } from "../../navigatorGpu.ts";
import gpujs, { type GpuJs } from "../gpujs/gpujs.js";
import { type KernelShape, kernelSource, type RowsPerThread } from "./kernel.ts";
import type { Partials } from "./pack.ts";
import { contextOf, type Machine, openMachine } from "./resident/machine.ts";

/** Modes of gpu.js. `gpu` is gpu.js's own choice: WebGL, otherwise webasm. */
export type Mode = "webgpu" | "webgl2" | "webgl" | "headlessgl" | "webasm" | "gpu" | "cpu";

/** A WebGPU adapter's description of itself. */
export interface Adapter {
  readonly description: string;
  /** Whether it is software on the CPU, e.g. SwiftShader or llvmpipe. */
  readonly software: boolean;
}

/** Sizes and address tables of the kernel for one geometry. */
export interface KernelSettings extends Omit<KernelShape, "rowsPerThread"> {
  readonly rows: number;
  readonly columns: number;
  readonly chunks: number;
  readonly tables: Readonly<Record<"row" | "tap" | "column", Float32Array>>;
}

/** A gpu.js kernel that multiplies two matrices chunk by chunk. */
export interface CompiledKernel {
  /** Runs it with `a` as a list and `b` as [taps of all chunks, columns]. Both are copied before this returns. */
  run(a: Float32Array, b: Float32Array): Eventual<Partials>;
  destroy(): void;
}

/** gpu.js in one mode. */
export interface Device {
  /** Backend of the kernels that ran, and its adapter: `gpu.js webasm`, `gpu.js webgpu (SwiftShader ...)`. */
  backend(): string;
  /** WebGPU adapter; absent on other backends. */
  readonly adapter: Adapter | undefined;
  /** WebGPU kernels whose results stay on the device; absent on other backends. */
  readonly machine: Machine | undefined;
  readonly rowsPerThread: RowsPerThread;
  compile(settings: KernelSettings): CompiledKernel;
  dispose(): void;
}

/** The `GPU` object of each context of gpu.js, kept as long as gpu.js keeps the context. */
const owners = new WeakMap<object, NavigatorGpu>();

/** Backend of each kernel class; the kernels' own `mode` does not distinguish the WebGLs. */
const backendNames = new Map<unknown, string>([
  [gpujs.WebGPUKernel, "webgpu"],
  [gpujs.WebGL2Kernel, "webgl2"],
  [gpujs.WebGLKernel, "webgl"],
  [gpujs.HeadlessGLKernel, "headlessgl"],
  [gpujs.WebAssemblyKernel, "webasm"],
  [gpujs.CPUKernel, "cpu"],
]);

/** Runs `f`, which must be synchronous, with `gpu` at `navigator.gpu`. */
const withNavigator = <T>(gpu: NavigatorGpu, f: () => T): T => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  if ((globalThis.navigator as Navigator | undefined)?.gpu === gpu) return f();
  Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true });
  try {
    return f();
  } finally {
    if (before) Object.defineProperty(globalThis, "navigator", before);
    else Reflect.deleteProperty(globalThis, "navigator");
  }
};

const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bcpu\b/i;

const adapterOf = ({ info }: GPUAdapter): Adapter => {
  const names = [info.description, info.device, info.architecture, info.vendor].filter((name) => name !== "");
  return {
    description: names[0] ?? "unnamed adapter",
    software: info.isFallbackAdapter || names.some((name) => softwareNames.test(name)),
  };
};

const deviceOf = (gpu: GpuJs, adapter?: Adapter, machine?: Machine): Device => {
  const ran = new Set<string>();
  const onCpu: readonly unknown[] = [gpujs.WebAssemblyKernel, gpujs.CPUKernel];
  const rowsPerThread = onCpu.includes(gpu.Kernel) ? 4 : 1;
  return {
    backend: () => `gpu.js ${[...ran].join(" and ")}${adapter ? ` (${adapter.description})` : ""}`,
    adapter,
    machine,
    rowsPerThread,
    compile: ({ rows, columns, chunks, tables, ...shape }) => {
      const kernel = gpu.createKernel(kernelSource({ ...shape, rowsPerThread }), {
        output: [columns, rows / rowsPerThread, chunks],
        constants: tables,
        precision: "single",
      });
      return {
        run: (a, b) => {
          const matrix = gpujs.input(b, [columns, b.length / columns]);
          const partials = kernel(gpujs.input(a, [a.length]), matrix);
          ran.add(backendNames.get(kernel.kernel.constructor) ?? "on an unknown backend");
          return partials as Eventual<Partials>;
        },
        destroy: () => kernel.destroy(),
      };
    },
    dispose: () => void gpu.destroy(),
  };
};

const where = "engine gpu";

const noWebGpu = (found: string, hint?: string): E.Either<Problem, Device> =>
  E.left(problem(where, found, "a WebGPU adapter that answers", hint));

const openWebGpu = async (navigatorGpu: NavigatorGpu | undefined): Promise<E.Either<Problem, Device>> => {
  if (navigatorGpu === undefined)
    return noWebGpu("there is no WebGPU here", "use a browser that has it, or the package `webgpu` in Node");
  if ((await navigatorGpu.requestAdapter().catch(() => null)) === null)
    return noWebGpu("WebGPU is here but found no adapter", "check the driver, or choose another engine");
  const { gpu, context } = withNavigator(navigatorGpu, () => ({
    gpu: new gpujs.GPU({ mode: "webgpu" }),
    context: contextOf(),
  }));
  return context.then(
    async (context) => {
      if (!owners.has(context)) owners.set(context, navigatorGpu);
      return E.right(deviceOf(gpu, adapterOf(context.adapter), await openMachine(gpu)));
    },
    (error) => noWebGpu(`WebGPU gave no device (${thrownText(error)})`),
  );
};

/** Opens gpu.js in one mode; `Left` says why it cannot be used. WebGPU needs the object that a browser has at `navigator.gpu`. */
export const openDevice = async (
  mode: Mode,
  navigatorGpu: NavigatorGpu | undefined,
): Promise<E.Either<Problem, Device>> =>
  mode === "webgpu"
    ? openWebGpu(navigatorGpu)
    : E.tryCatch(
        () => deviceOf(new gpujs.GPU({ mode })),
        (error) => problem(where, thrownText(error), "a mode of gpu.js that runs here", "try the mode `cpu`"),
      );
