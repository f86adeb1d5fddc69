import type { Role } from "../core/signal.ts";
import { defaultRange } from "./defaultRange.ts";
import { type NamedEstimator, type Quantizer, quantizerFor } from "./quantizer.ts";

/**
 * Makes the default quantizers of a network's sites, one per role. By default 8 bits, with `currentMinMax` for weights and
 * `inHindsight` for activations and gradients.
 *
 * @param options `bits` and `estimators` by role, to override defaults
 */
export const defaultQuantizer =
  ({
    bits = {},
    estimators = {},
  }: {
    readonly bits?: Partial<Readonly<Record<Role, number>>>;
    readonly estimators?: Partial<Readonly<Record<Role, NamedEstimator>>>;
  } = {}) =>
  (_site: string, role: Role): Quantizer =>
    quantizerFor(role, bits[role] ?? 8, estimators[role] ?? defaultRange(role));
