import * as E from "fp-ts/lib/Either.js";
import type { EngineEntry } from "../../engineEntry.ts";
import { simd } from "./engine.ts";

/** WebAssembly on one or more threads. */
export const simdEntry: EngineEntry = { open: async ({ threads }) => E.right(simd({ threads })) };
