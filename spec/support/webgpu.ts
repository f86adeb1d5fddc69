/** @file The WebGPU of this machine for specs: the package `webgpu`, or the module that RANGEFLOW_WEBGPU names. */
import * as E from "fp-ts/lib/Either.js";
import type { Engine } from "../../core/engine.ts";
import { type GpuEngine, gpu } from "../../core/engines/gpu/engine.ts";
import { describe } from "../../core/errors.ts";

/** WebGPU's `GPU` object; throws where it cannot be loaded. */
export const nodeWebGpu = async (): Promise<GPU> => {
  const { create } = await import(process.env.RANGEFLOW_WEBGPU ?? "webgpu");
  return create([]);
};

/** The engine on WebGPU, or why there is none. */
export const openWebGpu = (host: Engine): Promise<GpuEngine | Error> =>
  nodeWebGpu()
    .then((navigatorGpu) => gpu({ host, mode: "webgpu", navigatorGpu }))
    .then((engine) => (E.isRight(engine) ? engine.right : new Error(describe(engine.left))))
    .catch((error: Error) => error);
