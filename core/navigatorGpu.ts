/** WebGPU entrance: `navigator.gpu` of a browser, or what the package `webgpu` makes in Node. It is asked for an adapter. */
export interface NavigatorGpu {
  requestAdapter(): Promise<object | null>;
}
