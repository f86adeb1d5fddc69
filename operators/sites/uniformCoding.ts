import * as E from "fp-ts/lib/Either.js";
import { bytesMoved } from "../../core/bytesMoved.ts";
import { describe, internal } from "../../core/errors.ts";
import { isPromise } from "../../core/eventual.ts";
import type { QParams } from "../../core/qparams.ts";
import { branch } from "../../core/random.ts";
import type { Range } from "../../core/range.ts";
import { uniformGrid } from "../../quantizers/grids/uniform.ts";
import type { Scope } from "../module/module.ts";
import { isStored, present } from "../step/tape.ts";
import type { Coding } from "./coded.ts";
import type { SitePlace } from "./site.ts";

/** Codes on a uniform grid, computed in the pass that makes the tensor. In training it also computes the gradient mask. */
export const uniformCoding = ({ seed }: Scope, { path, role, quantizer }: SitePlace): Coding => {
  const { bits, learned, rounding } = quantizer;
  const grid = uniformGrid(quantizer, path);
  /** The bounds of a learned range determine its grid. */
  const covering = ({ lo, hi }: Range) =>
    learned
      ? uniformGrid({ bits, scheme: lo === -hi ? "symmetric" : "affine" }, path)({ lo, hi })
      : grid({ lo, hi });
  const siteKey = branch(seed, path);
  const gridOf = (range: Range): QParams => {
    const params = covering(range);
    if (E.isLeft(params)) throw internal(`${path}: ${describe(params.left)}`);
    return params.right;
  };
  return function* (x, range, ctx, { observe, store }) {
    const params = gridOf(range);
    const gradientMask = ctx.training && role !== "gradient" && learned === undefined;
    const quantize =
      rounding === "stochastic"
        ? { params, gradientMask, noise: branch(siteKey, ctx.step) }
        : { params, gradientMask };
    const moved = bytesMoved(x, { observe, store: store && !isStored(x), quantize });
    const result = yield* ctx.run(x, { observe, store, quantize, path });
    const { clipped = 0, range: observed, stored } = result;
    return {
      value: { _tag: "Codes", q: { codes: present(result.codes, "the codes"), params } },
      clipped,
      moved,
      gradientMask: isPromise(clipped) || clipped > 0 ? result.gradientMask : undefined,
      range: observed,
      stored,
    };
  };
};
