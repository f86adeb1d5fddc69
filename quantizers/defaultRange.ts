/** @file Default range estimators. */
import type { Role } from "../core/signal.ts";
import { currentMinMax } from "./estimators/currentMinMax.ts";
import { inHindsight } from "./estimators/inHindsight.ts";
import { byOwnName, type NamedEstimator } from "./quantizer.ts";

/** `currentMinMax` as quantizers contain it. */
export const currentRange: NamedEstimator = byOwnName(currentMinMax());

const hindsight = byOwnName(inHindsight());

/** The default estimator of a role: `currentMinMax` for weights, `inHindsight` for activations and gradients. */
export const defaultRange = (role: Role): NamedEstimator => (role === "weight" ? currentRange : hindsight);
