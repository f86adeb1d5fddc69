/** @file Bits of weights, activations and gradients as one text: `8/8/4`. */
import { wholeIn } from "../../core/numberText.ts";
import type { Role } from "../../core/signal.ts";
import { isWidth } from "../../quantizers/quantizer.ts";

export type BitsByRole = Readonly<Record<Role, number>>;

/** The bits in a text such as `8/8/4`; undefined if the text is not three valid widths. */
export const bitsIn = (text: string): BitsByRole | undefined => {
  const parts = text.split("/").map(wholeIn);
  const [weight, activation, gradient] = parts as [number, number, number];
  return parts.length === 3 && parts.every(isWidth) ? { weight, activation, gradient } : undefined;
};

/** Bits as one text: `8/8/4`. */
export const bitsText = ({ weight, activation, gradient }: BitsByRole): string =>
  `${weight}/${activation}/${gradient}`;
