/** @file The built-in estimators by name, with their options, as the command line and tables know them. */
import * as E from "fp-ts/lib/Either.js";
import type { Problem } from "../core/errors.ts";
import type { Range } from "../core/range.ts";
import { currentMinMax } from "./currentMinMax.ts";
import type { RangeEstimator } from "./estimator.ts";
import { fixed } from "./fixed.ts";
import { frozenAfter } from "./frozenAfter.ts";
import { inHindsight } from "./inHindsight.ts";
import { type Entry, type NumberOption, numberOf, parseNamed } from "./named.ts";
import type { NamedEstimator } from "./quantizer.ts";
import { runningMinMax } from "./runningMinMax.ts";

export interface EstimatorEntry extends Entry<RangeEstimator> {
  /** Whether its range can be there before the tensor. */
  readonly isStatic: boolean;
}

const decay: NumberOption = {
  name: "decay",
  summary: "weight of the past",
  default: 0.9,
  least: 0,
  most: 1,
};
const lo: NumberOption = { name: "lo", summary: "lower end", least: -3e38, most: 3e38 };
const hi: NumberOption = { name: "hi", summary: "upper end", least: -3e38, most: 3e38 };
const optional = ({ name, summary, least, most }: NumberOption): NumberOption => ({
  name,
  summary: `${summary} of a calibrated first range`,
  default: Number.NaN,
  least,
  most,
});
const tensors: NumberOption = {
  name: "tensors",
  summary: "tensors to learn from",
  default: 100,
  least: 1,
  most: 2 ** 31,
  isWhole: true,
};

const given = (range: Range): Range | undefined =>
  Number.isNaN(range.lo) || Number.isNaN(range.hi) ? undefined : range;

/** Every built-in estimator. A new one joins with an entry here and a line in the spec of the laws. */
export const catalogue: readonly EstimatorEntry[] = [
  {
    name: "inHindsight",
    summary: "running average of the ranges before this tensor",
    source: "Fournarakis and Nagel 2021, arXiv:2105.04246",
    isStatic: true,
    options: [decay, optional(lo), optional(hi)],
    make: (o) => {
      const first = given({ lo: numberOf(o, "lo"), hi: numberOf(o, "hi") });
      return inHindsight({ decay: numberOf(o, "decay"), ...(first && { first }) });
    },
  },
  {
    name: "currentMinMax",
    summary: "range of this very tensor",
    source: "Jacob et al. 2018, arXiv:1712.05877",
    isStatic: false,
    options: [],
    make: () => currentMinMax(),
  },
  {
    name: "runningMinMax",
    summary: "running average that includes this tensor",
    source: "Jacob et al. 2018, arXiv:1712.05877",
    isStatic: false,
    options: [decay],
    make: (o) => runningMinMax({ decay: numberOf(o, "decay") }),
  },
  {
    name: "fixed",
    summary: "one range for all tensors",
    source: "",
    isStatic: true,
    options: [lo, hi],
    make: (o) => fixed({ lo: numberOf(o, "lo"), hi: numberOf(o, "hi") }),
  },
  {
    name: "frozen",
    summary: "current range of the first tensors, averaged, then kept for ever",
    source: "",
    isStatic: true,
    options: [tensors, decay],
    make: (o) => frozenAfter(numberOf(o, "tensors"), runningMinMax({ decay: numberOf(o, "decay") })),
  },
];

/**
 * The estimator that a text such as `inHindsight` or `inHindsight:decay=0.95` names.
 *
 * @param where what is being configured, e.g. `--gradient-range`; used in errors only
 */
export const parseEstimator =
  (where: string) =>
  (text: string): E.Either<Problem, NamedEstimator> =>
    E.map((estimator: RangeEstimator) => ({ name: text, estimator }))(
      parseNamed("estimator", catalogue)(where)(text),
    );
