/** @file Every engine of this machine, and the reference that all of them are held against. */
import { isRight } from "fp-ts/lib/Either.js";
import type { Engine } from "../../core/engine.ts";
import { dataParallel } from "../../core/engines/dataParallel/dataParallel.ts";
import { gpu } from "../../core/engines/gpu/engine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import { type SimdOptions, simd } from "../../core/engines/simd/engine.ts";
import type { Expr } from "../../core/expr.ts";
import type { Sinks } from "../../core/pass.ts";
import { eager } from "./eager.ts";
import { fetched } from "./fetched.ts";
import { sameResult } from "./sameResult.ts";
import { openWebGpu } from "./webgpu.ts";

const bytes = 2 ** 26;

export const oracle = reference();

const gpuOn = async (mode: "webasm" | "cpu"): Promise<Engine> => {
  const engine = await gpu({ host: simd({ bytes }), mode });
  if (isRight(engine)) return engine.right;
  throw new Error(`gpu.js has no ${mode} here`);
};

/** Engines, and on every how many of the cases each runs: a device compiles a kernel for each shape. */
export type EnginesAndShares = readonly (readonly [Engine, every: number])[];

/** All engines; `relaxed` lists the kinds of byte products that `simd` is tried with. */
export const allEngines = async (
  relaxed: readonly NonNullable<SimdOptions["relaxed"]>[],
): Promise<EnginesAndShares> => {
  const resident = await openWebGpu(simd({ bytes }));
  return [
    ...relaxed.map((kind) => [simd({ bytes, relaxed: kind }), 1] as const),
    ...(await Promise.all(
      [2, 3].map(async (wanted) => [simd({ bytes, threads: await eager(wanted) }), 1] as const),
    )),
    [dataParallel([simd({ bytes }), reference(), reference()]), 1],
    [await gpuOn("webasm"), 1],
    ...(resident instanceof Error ? [] : [[resident, 8] as const]),
  ];
};

/** Runs a pass on all engines that take part in a case, each after `before`, and compares with the reference. */
export const samePassOnAll = async (
  engines: EnginesAndShares,
  turn: number,
  x: Expr,
  sinks: Sinks,
  before: (engine: Engine) => void | Promise<void> = () => {},
): Promise<void> => {
  const expected = await oracle.run(x, sinks);
  for (const [engine, every] of engines) {
    if (turn % every > 0) continue;
    engine.beginStep();
    await before(engine);
    sameResult(await fetched(engine, await engine.run(x, sinks)), expected);
  }
};
