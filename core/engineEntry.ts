import type * as E from "fp-ts/lib/Either.js";
import type { Engine } from "./engine.ts";
import type { Problem } from "./errors.ts";
import type { NavigatorGpu } from "./navigatorGpu.ts";
import type { Threads } from "./threads.ts";

/** Facilities of the host environment that engines may use. */
export interface Surroundings {
  /** `navigator.gpu` of a browser, or `create([])` of the package `webgpu`, where there is one. */
  readonly navigatorGpu?: NavigatorGpu | undefined;
  /** Threads, where the process may start some. */
  readonly threads?: Threads | undefined;
}

/** Entry of an engine in the registry, which knows its name: how it is opened. Each folder of an engine has one, in `entry.ts`. */
export interface EngineEntry {
  /** @returns `Left` if the engine cannot run here, with what to do about it */
  readonly open: (surroundings: Surroundings) => Promise<E.Either<Problem, Engine>>;
  /** Opens the engine where it is the fastest one, for those who name none; `undefined` elsewhere, or where this is missing. */
  readonly openIfBest?: (surroundings: Surroundings) => Promise<Engine | undefined>;
}
