import * as E from "fp-ts/lib/Either.js";
import type { EngineEntry } from "../../engineEntry.ts";
import { reference } from "./engine.ts";

/** Plain loops, the oracle of the other engines. Runs everywhere, and is never the fastest. */
export const referenceEntry: EngineEntry = { open: async () => E.right(reference()) };
