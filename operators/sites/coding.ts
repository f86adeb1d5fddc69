/** @file How a site quantizes a tensor once its range is known: into codes, or into float32 where no integer grid will do. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { isUsable, type Range, usableRange } from "../../core/range.ts";
import { isQuantizers, rangesOf } from "../../quantizers/quantizer.ts";
import type { Scope } from "../module/module.ts";
import type { Coding } from "./coded.ts";
import { projectedCoding } from "./projectedCoding.ts";
import type { SitePlace } from "./site.ts";
import { uniformCoding } from "./uniformCoding.ts";

const badRange = (site: string, step: number, name: string, { lo, hi }: Range): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      `${site}, step ${step}`,
      `${isQuantizers(name) ? "" : "estimator "}${name} gave the range [${lo}, ${hi}]`,
      usableRange,
    ),
  );

/** Coding of a site, with ranges that can be used; a range that cannot ends the run, wherever it comes from. */
export const codingOf = (scope: Scope, place: SitePlace): Coding => {
  const { path, quantizer } = place;
  const coding = quantizer.projection
    ? projectedCoding(scope, place, quantizer.projection)
    : uniformCoding(scope, place);
  return (x, range, ctx, also) => {
    if (!isUsable(range)) throw badRange(path, ctx.step, rangesOf(quantizer), range);
    return coding(x, range, ctx, also);
  };
};
