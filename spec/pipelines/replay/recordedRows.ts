/** @file Rows of a recording of ours for specs of replay. */
import { histogram } from "../../../core/histogram.ts";
import { remembering } from "../../../core/measure.ts";
import type { Range } from "../../../core/range.ts";
import type { RangeSeen } from "../../../core/signal.ts";
import { gridFacts } from "../../../core/siteFacts.ts";
import { elements } from "../../../core/tensor.ts";
import { rangeSource } from "../../../operators/sites/rangeSource.ts";
import type { RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import type { NamedEstimator } from "../../../quantizers/quantizer.ts";
import { gaussian } from "../../support/tensors.ts";
import { testScope } from "../../support/testScope.ts";

export const named = (name: string, estimator: RangeEstimator): NamedEstimator => ({ name, estimator });
export const tensors = [
  { min: -1, max: 2 },
  { min: -2, max: 2 },
  { min: -1, max: 1 },
];

/** Rows that a run records of one site whose estimator is `used`. */
export const recorded = (site: string, used: NamedEstimator, of = tensors): readonly RangeSeen[] => {
  const source = rangeSource(site, used, testScope());
  return of.map((ends, step): RangeSeen => {
    const facts = gridFacts(8, "affine");
    const stat = { ...ends, count: 8, nonFinite: 0, facts };
    const ahead = source.ahead(0);
    if (ahead) source.useAhead(stat, step);
    const range = ahead ?? (source.ask(stat, step) as Range);
    return {
      _tag: "RangeSeen",
      ...{
        site,
        step,
        stat,
        role: "activation",
        estimator: used.name,
        verdict: "observed",
        clipped: 0,
        bytesMoved: 0,
        bytesSaved: 0,
      },
      ...{ range, isStatic: ahead !== undefined },
    };
  });
};

/** The same rows with the histogram of a tensor that reaches from -1 to 1. */
export const withHistogram = (row: RangeSeen): RangeSeen => {
  const sample = histogram({ values: elements(gaussian([1, 8, 8, 4], "x")) });
  const measure = remembering({}, sample);
  return { ...row, stat: { ...row.stat, facts: gridFacts(4, "affine"), measure }, histogram: sample };
};
