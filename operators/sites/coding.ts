/** @file How a site quantizes a tensor once its range is known: to codes, or to float32 if no integer grid represents the levels. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { isUsable, type Range, usableRange } from "../../core/range.ts";
import { isQuantizers, rangesOf } from "../../quantizers/quantizer.ts";
import type { Scope } from "../module/module.ts";
import { blockCoding } from "./blockCoding.ts";
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

/** The coding of a site. An unusable range ends the run, whatever its source. */
export const codingOf = (scope: Scope, place: SitePlace): Coding => {
  const { path, quantizer } = place;
  const { projection } = quantizer;
  const ofProjection = projection?.integerBlocks
    ? blockCoding(scope, place, projection.integerBlocks)
    : projection && projectedCoding(scope, place, projection);
  const coding = ofProjection ?? uniformCoding(scope, place);
  return (x, range, ctx, also) => {
    if (!isUsable(range)) throw badRange(path, ctx.step, rangesOf(quantizer), range);
    return coding(x, range, ctx, also);
  };
};
