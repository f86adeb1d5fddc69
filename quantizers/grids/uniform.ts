/** @file The uniform grid: equal steps, with zero among the levels. Its codes are integers, and so are their products. */
import type * as E from "fp-ts/lib/Either.js";
import type { QuantError } from "../../core/errors.ts";
import { options } from "../../core/options.ts";
import { type QParams, schemes } from "../../core/qparams.ts";
import type { Range } from "../../core/range.ts";
import { roles } from "../../core/signal.ts";
import type { Quantizer } from "../quantizer.ts";
import { quantizerEntry, rounding, roundingOption } from "../quantizerEntry.ts";

/**
 * The grid that a quantizer uses for a range, or for several ranges, one per channel.
 *
 *     x ~ scale (q - zeroPoint),   q an integer from qmin to qmax
 *
 * @param site path of the site, for errors
 * @returns a function that returns `Left` for an invalid bit width, or an unusable range
 * @example
 * const grid = uniformGrid({ scheme: "affine", bits: 8 }, "conv1/input")({ lo: 0, hi: 255 });
 * grid; // right({ bits: 8, qmin: -128, qmax: 127, scale: [1], zeroPoint: [-128] })
 * @see Jacob et al. 2018, arXiv:1712.05877
 */
export const uniformGrid = (
  { scheme, bits }: Pick<Quantizer, "scheme" | "bits">,
  site: string,
): ((...ranges: readonly Range[]) => E.Either<QuantError, QParams>) => schemes[scheme](site, bits);

const declared = options({
  scheme: {
    type: "choice",
    choices: ["auto", "affine", "symmetric", "powerNear", "powerAbove"],
    default: "auto",
    help: "auto: symmetric for weights, affine for all else; power..: the scale is a power of two",
  },
  rounding,
});

/** `uniform` in the catalogue of quantizers. */
export const uniformEntry = quantizerEntry({
  name: "uniform",
  summary: "uniform steps, with a level at zero",
  source: "Jacob et al. 2018, arXiv:1712.05877",
  roles,
  isInteger: true,
  options: declared,
  make:
    ({ scheme, rounding }) =>
    (base) => ({ ...base, ...(scheme !== "auto" && { scheme }), ...roundingOption(rounding) }),
});
