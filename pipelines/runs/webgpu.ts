import type { NavigatorGpu } from "../../core/navigatorGpu.ts";

/** The GPU of a browser or, in Node, of the optional package `webgpu`; undefined if there is neither. */
export const navigatorGpu = async (): Promise<NavigatorGpu | undefined> => {
  if (typeof navigator !== "undefined" && "gpu" in navigator && navigator.gpu) return navigator.gpu;
  try {
    const { create } = await import("webgpu");
    return create([]);
  } catch {
    return undefined;
  }
};
