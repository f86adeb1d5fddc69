/** @file Products of integers in blocks, along the axis that each adds along. */
import type { BlockCodes } from "../../core/blocks.ts";
import type { Factor, InBlocks, Product } from "../../core/product.ts";

const copies = (factor: Factor) => (factor._tag === "Dense" ? factor.blocks : undefined);

/** Blocks along channels. */
const last = (factor: Factor): InBlocks | undefined => {
  const of = copies(factor)?.last;
  return of && { _tag: "Blocks", of, isMoved: false };
};

/** Blocks along samples, or along the output channels of weights. */
const first = (factor: Factor): InBlocks | undefined => {
  const of = copies(factor)?.first;
  return of && { _tag: "Blocks", of, isMoved: true };
};

const areAlike = (a: BlockCodes, b: BlockCodes): boolean => a.size === b.size;

/**
 * The same product of integers in blocks; `undefined` if an operand has no integers in blocks along the axis that the product adds along, as
 * in groups of channels and products of two activations, or if they have blocks of different sizes.
 */
export const inBlocks = (product: Product): Product | undefined => {
  if (product._tag === "MatMul" || product.conv.groups !== 1) return undefined;
  switch (product._tag) {
    case "Forward": {
      const [x, w] = [last(product.x), last(product.w)];
      return x && w && areAlike(x.of, w.of) ? { ...product, x, w } : undefined;
    }
    case "BackwardInput": {
      const [dy, w] = [last(product.dy), first(product.w)];
      return dy && w && areAlike(dy.of, w.of) ? { ...product, dy, w } : undefined;
    }
    case "BackwardWeight": {
      const [dy, x] = [first(product.dy), first(product.x)];
      return dy && x && areAlike(dy.of, x.of) ? { ...product, dy, x } : undefined;
    }
  }
};
