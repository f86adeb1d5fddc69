/** @file WebGPU, where there is any: of the browser, or in Node of the optional package `webgpu`. */
import { existsSync } from "node:fs";

/** Device files of graphics cards on Linux, also of a Windows host. */
const devices = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"];

/** False where there is surely no hardware GPU, so that no driver need be loaded to find that out. */
export const mayHaveGpu = (): boolean =>
  process.platform !== "linux" || devices.some((path) => existsSync(path));

/** The GPU of a browser, or that of the package `webgpu`; undefined where there is neither. */
export const navigatorGpu = async (): Promise<GPU | undefined> => {
  if (typeof navigator !== "undefined" && "gpu" in navigator && navigator.gpu) return navigator.gpu;
  try {
    const { create } = await import("webgpu");
    return create([]);
  } catch {
    return undefined;
  }
};
