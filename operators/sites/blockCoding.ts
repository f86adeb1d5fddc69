import { bytesMoved } from "../../core/bytesMoved.ts";
import type { BlockScheme } from "../../core/integerBlocks.ts";
import type { Operand } from "../../core/product.ts";
import { branch } from "../../core/random.ts";
import type { Scope } from "../module/module.ts";
import { isStored, present } from "../step/tape.ts";
import type { Coding } from "./coded.ts";
import type { SitePlace } from "./site.ts";

/** Coding to integers in blocks, by the engine: with one more read and write of the tensor, and in training two copies. */
export const blockCoding = ({ seed }: Scope, { path, quantizer }: SitePlace, blocks: BlockScheme): Coding => {
  const { bits, rounding } = quantizer;
  const siteKey = branch(seed, path);
  return function* (x, range, ctx, { observe }) {
    const { step, training } = ctx;
    const noise = rounding === "stochastic" ? branch(siteKey, step) : undefined;
    const wasStored = isStored(x);
    // A pass over a stored tensor that is not observed reads nothing.
    const moved = wasStored && !observe ? 0 : bytesMoved(x, { observe, store: !wasStored });
    const result = yield* ctx.run(x, { observe, store: true, path });
    const stored = present(result.stored, "the stored tensor");
    const quantized = yield* ctx.inBlocks(stored, { ...blocks, bits, range, noise, isBoth: training });
    // A tensor that was stored only for this is freed at once.
    if (wasStored) yield* ctx.run(ctx.readOnce(stored), {});
    const value: Operand = { _tag: "Dense", x: quantized.values, blocks: quantized.blocks };
    const { clipped } = quantized;
    return { value, clipped, moved: moved + (training ? 10 : 9) * stored.size, range: result.range, stored };
  };
};
