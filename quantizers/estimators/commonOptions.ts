/** @file Options shared by several estimators. */
import type { NumberOption } from "../../core/options.ts";
import { options } from "../../core/options.ts";
import { largestEnd, type Range } from "../../core/range.ts";

/** Weight of the past in a moving average, in [0, 1]. Default: 0.9. */
export const decay = { type: "number", default: 0.9, least: 0, most: 1, help: "weight of the past" } as const;

/** Bounds of a range, in the unit of the tensor. */
export const ends = options({
  lo: { type: "number", least: -largestEnd, most: largestEnd, help: "lower bound" },
  hi: { type: "number", least: -largestEnd, most: largestEnd, help: "upper bound" },
});

/** Bounds of a calibrated range for the first tensor, or neither. */
export const firstRange = options({
  lo: { ...ends.lo, optional: true, help: "lower bound of a calibrated first range" },
  hi: { ...ends.hi, optional: true, help: "upper bound of a calibrated first range" },
});

/** The first range given by options, if any. */
export const firstOf = ({
  lo,
  hi,
}: {
  readonly lo: number | undefined;
  readonly hi: number | undefined;
}): { readonly first?: Range } => (lo === undefined || hi === undefined ? {} : { first: { lo, hi } });

/** An option that counts tensors, at least 1. */
export const tensorCount = <const F extends number>(fallback: F, help: string) =>
  ({ type: "integer", default: fallback, least: 1, most: 2 ** 31, help }) as const satisfies NumberOption;
