import type { Role } from "../core/signal.ts";
import { defaultRange } from "./defaultRange.ts";
import { type NamedEstimator, type Quantizer, quantizerFor } from "./quantizer.ts";

/**
 * The same quantizer for all sites of a role: weights with the range of the moment, activations and gradients in hindsight,
 * unless told otherwise.
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
