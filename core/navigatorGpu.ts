/** What a browser has at `navigator.gpu`, and what the package `webgpu` makes in Node: it is asked for an adapter. */
export interface NavigatorGpu {
  requestAdapter(): Promise<object | null>;
}
