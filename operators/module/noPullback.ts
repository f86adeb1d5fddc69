import type { Pullback } from "../../core/signal.ts";

/**
 * The pullback at the start of a network, where nothing uses a gradient any more. Layers without parameters recognize it, and pass it on
 * instead of a pullback of their own, so that nothing computes the gradient of the images.
 */
export const noPullback: Pullback = () => {};
