/** WebGPU entry point: `navigator.gpu` of a browser, or an instance made by the package `webgpu` in Node. */
export interface NavigatorGpu {
  requestAdapter(): Promise<object | null>;
}
