import * as E from "fp-ts/lib/Either.js";
import type { EngineEntry, Surroundings } from "../../engineEntry.ts";
import type { Problem } from "../../errors.ts";
import { simd } from "../simd/engine.ts";
import type { GpuEngine } from "./engine.ts";

/** gpu.js is loaded only when it is selected. */
const open = async (
  mode: "auto" | "webgpu",
  { navigatorGpu }: Surroundings,
): Promise<E.Either<Problem, GpuEngine>> => {
  const { gpu } = await import("./engine.ts");
  return gpu({ host: simd(), mode, navigatorGpu });
};

/**
 * gpu.js on the best of its backends that runs here. `auto` selects it only on a hardware GPU, not if WebGPU has a software adapter
 * such as SwiftShader.
 */
export const gpuEntry: EngineEntry = {
  open: (surroundings) => open("auto", surroundings),
  openIfBest: async (surroundings) => {
    if (surroundings.navigatorGpu === undefined) return undefined;
    const engine = await open("webgpu", surroundings);
    if (E.isLeft(engine)) return undefined;
    if (!engine.right.adapter?.software) return engine.right;
    engine.right.dispose();
    return undefined;
  },
};
