/** @file An engine by name, or the best one that is present. */
import * as E from "fp-ts/lib/Either.js";
import type { Engine, EngineName } from "../engine.ts";
import type { Problem } from "../errors.ts";
import type { NavigatorGpu } from "./gpu/navigatorGpu.ts";
import { reference } from "./reference/engine.ts";
import { simd } from "./simd/engine.ts";
import type { Threads } from "./simd/threads.ts";

export interface Surroundings {
  /** `navigator.gpu` of a browser, or `create([])` of the package `webgpu`, where there is one. */
  readonly navigatorGpu?: NavigatorGpu | undefined;
  /** Threads for `simd`, where it is chosen. */
  readonly threads?: Threads | undefined;
}

/** gpu.js is loaded only when it is asked for. */
const gpuOver = async (host: Engine, mode: "auto" | "webgpu", { navigatorGpu }: Surroundings) => {
  const { gpu } = await import("./gpu/engine.ts");
  return gpu({ host, mode, navigatorGpu });
};

const best = async (surroundings: Surroundings): Promise<Engine> => {
  const { navigatorGpu, threads } = surroundings;
  if (navigatorGpu === undefined) return simd({ threads });
  const engine = await gpuOver(simd(), "webgpu", surroundings);
  if (E.isLeft(engine)) return simd({ threads });
  if (!engine.right.adapter?.software) return engine.right;
  engine.right.dispose();
  return simd({ threads });
};

/**
 * The engine of that name. `auto` is `gpu` on a hardware GPU, and `simd` everywhere else, also where WebGPU answers with a
 * software adapter such as SwiftShader. `gpu` asked for by name is the best gpu.js backend that runs, whatever it is.
 *
 * @returns `Left` if the engine asked for cannot run here
 */
export const selectEngine = async (
  name: EngineName | "auto",
  surroundings: Surroundings = {},
): Promise<E.Either<Problem, Engine>> => {
  switch (name) {
    case "auto":
      return E.right(await best(surroundings));
    case "gpu":
      return gpuOver(simd(), "auto", surroundings);
    case "simd":
      return E.right(simd({ threads: surroundings.threads }));
    case "reference":
      return E.right(reference());
  }
};
