import type { BlockScheme } from "../../core/integerBlocks.ts";
import { branch } from "../../core/random.ts";
import type { Scope } from "../module/module.ts";
import type { Coding } from "./coded.ts";
import type { SitePlace } from "./site.ts";
import { storedCoding } from "./storedCoding.ts";

/** Coding to integers in blocks, by the engine: with one more read and write of the tensor, and in training two copies. */
export const blockCoding = ({ seed }: Scope, { path, quantizer }: SitePlace, blocks: BlockScheme): Coding => {
  const { bits, rounding } = quantizer;
  const siteKey = branch(seed, path);
  return storedCoding(path, function* (stored, range, ctx) {
    const noise = rounding === "stochastic" ? branch(siteKey, ctx.step) : undefined;
    const isBoth = ctx.training;
    const made = yield* ctx.inBlocks(stored, { ...blocks, bits, range, noise, isBoth });
    const value = { _tag: "Dense", x: made.values, blocks: made.blocks } as const;
    return { value, clipped: made.clipped, moved: (isBoth ? 10 : 9) * stored.size };
  });
};
