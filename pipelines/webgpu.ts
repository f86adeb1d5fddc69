/**
 * The GPU of a browser, or in Node that of the optional package `webgpu`; undefined where there is neither.
 */
export const navigatorGpu = async (): Promise<GPU | undefined> => {
  if (typeof navigator !== "undefined" && "gpu" in navigator && navigator.gpu) return navigator.gpu;
  try {
    const name = "webgpu";
    const { create, globals } = (await import(name)) as {
      readonly create: (options: readonly string[]) => GPU;
      readonly globals: Record<string, unknown>;
    };
    Object.assign(globalThis, globals);
    return create([]);
  } catch {
    return undefined;
  }
};
