import type * as E from "fp-ts/lib/Either.js";
import type { Engine } from "./engine.ts";
import type { Problem } from "./errors.ts";
import type { NavigatorGpu } from "./navigatorGpu.ts";
import type { Threads } from "./threads.ts";

/** Facilities of the host environment that engines may use. */
export interface Surroundings {
  /** `navigator.gpu` of a browser, or `create([])` of the package `webgpu`, if available. */
  readonly navigatorGpu?: NavigatorGpu | undefined;
  /** Threads, if the process may start some. */
  readonly threads?: Threads | undefined;
}

/** Registry entry of an engine, under its name: how it is opened. Each engine's folder has one in `entry.ts`. */
export interface EngineEntry {
  /** Opens the engine. @returns `Left` if the engine cannot run here, with a hint */
  readonly open: (surroundings: Surroundings) => Promise<E.Either<Problem, Engine>>;
  /** Opens the engine if it is the fastest one here, for `auto`; otherwise `undefined`. Default: never the fastest. */
  readonly openIfBest?: (surroundings: Surroundings) => Promise<Engine | undefined>;
}
