/** @file gpu.js, as far as it is used here; `build.mjs` brings it. Its own declarations need those of a DOM, and leave out WebGPU. */

/** A kernel that was compiled; it gives arrays, or on WebGPU a promise. */
export interface GpuJsKernel {
  (...values: readonly unknown[]): unknown;
  setOutput(output: readonly number[]): unknown;
  destroy(): void;
  readonly kernel: object;
}

/** An instance of gpu.js in one of its modes. */
export interface GpuJs {
  /** The class of its kernels. */
  readonly Kernel: unknown;
  createKernel(source: string, settings: object): GpuJsKernel;
  addFunction(source: string, settings: object): unknown;
  destroy(): unknown;
}

/** A vector or matrix that stands in one array. */
export type Input = (value: Float32Array, size: readonly number[]) => object;

declare const gpujs: {
  readonly GPU: new (settings: { readonly mode: string }) => GpuJs;
  readonly input: Input;
  readonly CPUKernel: unknown;
  readonly HeadlessGLKernel: unknown;
  readonly WebAssemblyKernel: unknown;
  readonly WebGL2Kernel: unknown;
  readonly WebGLKernel: unknown;
  readonly WebGPUKernel: unknown;
  /** The one context of this process or page; its promise gives the adapter and device of WebGPU. */
  readonly WebGPUContext: { acquire(): Promise<unknown> };
};

export default gpujs;
