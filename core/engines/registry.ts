/** @file The engines by name. A new one joins with its folder and a line here. */
import * as E from "fp-ts/lib/Either.js";
import type { Engine } from "../engine.ts";
import type { EngineEntry, Surroundings } from "../engineEntry.ts";
import { type Problem, problem, valueText } from "../errors.ts";
import { gpuEntry } from "./gpu/entry.ts";
import { referenceEntry } from "./reference/entry.ts";
import { simdEntry } from "./simd/entry.ts";

/** All engines, by name. */
export const engines = {
  simd: simdEntry,
  gpu: gpuEntry,
  reference: referenceEntry,
} as const satisfies Readonly<Record<string, EngineEntry>>;

/** The name of an engine. */
export type EngineName = keyof typeof engines;

/** The names of all engines. */
export const engineNames = Object.keys(engines) as readonly EngineName[];

/**
 * Opens the engine of a name. `auto` opens the fastest one here: `gpu` with a hardware GPU, otherwise `simd`.
 *
 * @returns `Left` if the requested engine cannot run here
 * @example
 * // On Node its backend is such as "webassembly relaxed simd, 7 bits".
 * const engine = await selectEngine("auto");
 */
export const selectEngine = async (
  name: EngineName | "auto",
  surroundings: Surroundings = {},
): Promise<E.Either<Problem, Engine>> => {
  if (name !== "auto") {
    if (engineNames.includes(name)) return engines[name].open(surroundings);
    return E.left(problem("engine", valueText(name), `one of auto, ${engineNames.join(", ")}`));
  }
  for (const { openIfBest } of Object.values<EngineEntry>(engines)) {
    const best = await openIfBest?.(surroundings);
    if (best) return E.right(best);
  }
  return engines.simd.open(surroundings);
};
