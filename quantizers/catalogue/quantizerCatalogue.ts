/** @file The built-in quantizers: the entries that `grids`, `projections` and `learned` export, and those that differ by role. */
import { entriesIn } from "../../core/entry.ts";
import { directQuantizationEntry } from "../directQuantization.ts";
import { dorefaEntry } from "../dorefa.ts";
import * as grids from "../grids/index.ts";
import * as learned from "../learned/index.ts";
import type { LearnedEntry, TransformEntry } from "../learned/learnedEntry.ts";
import * as projections from "../projections/index.ts";
import type { ProjectionEntry } from "../projections/projectionEntry.ts";
import type { QuantizerEntry } from "../quantizerEntry.ts";
import { asQuantizer } from "./asQuantizer.ts";

/** Every built-in quantizer. */
export const quantizerCatalogue: readonly QuantizerEntry[] = [
  ...entriesIn<QuantizerEntry>(grids, "quantizer"),
  ...entriesIn<ProjectionEntry>(projections, "projection"),
  ...entriesIn<LearnedEntry>(learned, "learned"),
  ...entriesIn<TransformEntry>(learned, "transform"),
  dorefaEntry,
  directQuantizationEntry,
].map(asQuantizer);
