/** @file The estimators of sites for which nobody has named one. */
import type { Role } from "../core/signal.ts";
import { currentMinMax } from "./estimators/currentMinMax.ts";
import { inHindsight } from "./estimators/inHindsight.ts";
import { byOwnName, type NamedEstimator } from "./quantizer.ts";

/** `currentMinMax` as quantizers hold it: the range of the tensor itself. */
export const currentRange: NamedEstimator = byOwnName(currentMinMax());

const hindsight = byOwnName(inHindsight());

/** The estimator of a role for which nobody has named one: `currentMinMax` for weights, `inHindsight` for all else. */
export const defaultRange = (role: Role): NamedEstimator => (role === "weight" ? currentRange : hindsight);
