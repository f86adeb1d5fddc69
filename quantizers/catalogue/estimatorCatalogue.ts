/** @file The built-in estimators by name, with their options, as the command line and tables know them. */
import * as E from "fp-ts/lib/Either.js";
import type { Problem } from "../../core/errors.ts";
import { largestEnd, type Range } from "../../core/range.ts";
import { currentMinMax } from "../estimators/currentMinMax.ts";
import { delayedScaling } from "../estimators/delayedScaling.ts";
import { distributionAdaptive } from "../estimators/distributionAdaptive.ts";
import { dsgc } from "../estimators/dsgc.ts";
import type { RangeEstimator } from "../estimators/estimator.ts";
import { fixed } from "../estimators/fixed.ts";
import { frozenAfter } from "../estimators/frozenAfter.ts";
import { inHindsight } from "../estimators/inHindsight.ts";
import { lbt, lbtHindsight } from "../estimators/lbt.ts";
import { meanSquaredError } from "../estimators/meanSquaredError.ts";
import type { Measurable } from "../estimators/measurable.ts";
import { percentile } from "../estimators/percentile.ts";
import { runningMinMax } from "../estimators/runningMinMax.ts";
import type { NamedEstimator } from "../quantizer.ts";
import {
  type ChoiceOption,
  type Entry,
  givenNumber,
  type NumberOption,
  numberOf,
  type OptionValues,
  parseNamed,
} from "./named.ts";

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
const lo: NumberOption = { name: "lo", summary: "lower end", least: -largestEnd, most: largestEnd };
const hi: NumberOption = { name: "hi", summary: "upper end", least: -largestEnd, most: largestEnd };
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

const of: ChoiceOption = {
  name: "of",
  summary: "what is measured; a histogram replays from recorded ones",
  choices: ["elements", "histogram"],
};
const histogramOrElements: ChoiceOption = { ...of, choices: ["histogram", "elements"] };
const share: NumberOption = {
  name: "share",
  summary: "of the elements that count as large",
  default: 1e-3,
  least: 0,
  most: 1,
};
const rate: NumberOption = {
  name: "rate",
  summary: "by how much the factor moves at each tensor",
  default: 1e-3,
  least: 1e-6,
  most: 1,
};
const percent = (name: string, fallback: number): NumberOption => ({
  name,
  summary: `percentile of the ${name}er end`,
  default: fallback,
  least: 0,
  most: 100,
});

/** A calibrated first range, if the options give one. */
const firstIn = (o: OptionValues): { readonly first?: Range } => {
  const first = { lo: numberOf(o, "lo"), hi: numberOf(o, "hi") };
  return Number.isNaN(first.lo) ? {} : { first };
};

/** Every built-in estimator. A new one joins with an entry here and a line in the spec of the laws. */
export const catalogue: readonly EstimatorEntry[] = [
  {
    name: "inHindsight",
    summary: "running average of the ranges before this tensor; its decay and start are ours",
    source: "Fournarakis and Nagel 2021, arXiv:2105.04246",
    isStatic: true,
    options: [decay, optional(lo), optional(hi)],
    make: (o) => inHindsight({ decay: numberOf(o, "decay"), ...firstIn(o) }),
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
  {
    name: "percentile",
    summary: "between two percentiles of this very tensor",
    source: "Qualcomm oscillations-qat",
    isStatic: false,
    options: [percent("low", 1), percent("high", 99), of],
    make: (o) => percentile({ low: numberOf(o, "low"), high: numberOf(o, "high"), of: o.of as Measurable }),
  },
  {
    name: "meanSquaredError",
    summary: "least squared error on this very tensor; never worse than min-max",
    source: "Qualcomm oscillations-qat",
    isStatic: false,
    options: [
      {
        name: "margin",
        summary: "how far a range may reach beyond the tensor; 0.5 in the source",
        default: 0,
        least: 0,
        most: 1e6,
      },
      {
        name: "shifts",
        summary: "steps to shift an affine grid either way; without it 2^bits / 4 - 1, the source's most",
        default: Number.NaN,
        least: 0,
        most: 63,
        isWhole: true,
      },
      histogramOrElements,
    ],
    make: (o) =>
      meanSquaredError({
        margin: numberOf(o, "margin"),
        ...givenNumber(o, "shifts"),
        of: o.of as Measurable,
      }),
  },
  {
    name: "delayedScaling",
    summary: "largest magnitude of the tensors before this one",
    source: "NVIDIA TransformerEngine",
    isStatic: true,
    options: [
      { ...tensors, name: "length", summary: "tensors that are remembered", default: 1024 },
      { name: "reducer", summary: "the largest of them, or the newest", choices: ["max", "mostRecent"] },
      { name: "margin", summary: "powers of two to widen by", default: 0, least: 0, most: 16, isWhole: true },
      optional(lo),
      optional(hi),
    ],
    make: (o) =>
      delayedScaling({
        length: numberOf(o, "length"),
        reducer: o.reducer as "max" | "mostRecent",
        margin: numberOf(o, "margin"),
        ...firstIn(o),
      }),
  },
  {
    name: "dsgc",
    summary: "turns the tensor's direction least, searched now and then; search and period are ours",
    source: "Zhu et al. 2020, arXiv:1912.12607",
    isStatic: true,
    options: [{ ...tensors, name: "period", summary: "tensors from one search to the next" }],
    make: (o) => dsgc({ period: numberOf(o, "period") }),
  },
  {
    name: "lbt",
    summary: "a factor of this tensor's largest magnitude, led by large elements",
    source: "Kim et al. 2024, arXiv:2407.12637",
    isStatic: false,
    options: [share, rate],
    make: (o) => lbt({ share: numberOf(o, "share"), rate: numberOf(o, "rate") }),
  },
  {
    name: "lbtHindsight",
    summary: "the same of the tensors before this one, our variant",
    source: "",
    isStatic: true,
    options: [share, rate, decay],
    make: (o) =>
      lbtHindsight({ share: numberOf(o, "share"), rate: numberOf(o, "rate"), decay: numberOf(o, "decay") }),
  },
  {
    name: "distributionAdaptive",
    summary:
      "a range for each channel by its distribution, the first bound is ours; with quantizer perChannel",
    source: "arXiv:2102.04782",
    isStatic: false,
    options: [
      {
        name: "normal",
        summary: "share beyond one deviation from which on a channel is normal",
        default: 0.3,
        least: 0,
        most: 1,
      },
      { name: "rate", summary: "weight of this tensor", default: 0.8, least: 0, most: 1 },
    ],
    make: (o) => distributionAdaptive({ normal: numberOf(o, "normal"), rate: numberOf(o, "rate") }),
  },
];

/** Every built-in estimator of another estimator E, written `name(E)`. */
export const combinators: readonly Entry<(estimator: RangeEstimator) => RangeEstimator>[] = [
  {
    name: "inHindsight",
    summary: "what E makes of the tensors before this one; of any E but min-max it is our variant",
    source: "Fournarakis and Nagel 2021, arXiv:2105.04246",
    options: [optional(lo), optional(hi)],
    make: (o) => (estimator) => inHindsight(estimator, firstIn(o)),
  },
  {
    name: "frozen",
    summary: "E for the first tensors, then its last range for ever",
    source: "",
    options: [tensors],
    make: (o) => (estimator) => frozenAfter(numberOf(o, "tensors"), estimator),
  },
];

/** A text such as `inHindsight(percentile:low=5):lo=-1,hi=1`, taken apart. */
interface Combination {
  /** Names the estimator inside. */
  readonly inner: string;
  readonly around: (estimator: NamedEstimator) => E.Either<Problem, NamedEstimator>;
}

/** The parts of a text that names a combination of estimators; undefined if it does not. */
export const combinationIn = (where: string, text: string): Combination | undefined => {
  const [, name, inner, options = ""] = /^([^(:]*)\((.*)\)(:.*)?$/s.exec(text) ?? [];
  if (name === undefined || inner === undefined) return undefined;
  return {
    inner,
    around: ({ estimator }) =>
      E.map((combine: (estimator: RangeEstimator) => RangeEstimator) => ({
        name: text,
        estimator: combine(estimator),
      }))(parseNamed("combinator", combinators, "")(where)(`${name}${options}`)),
  };
};

/**
 * The estimator that a text such as `inHindsight:decay=0.95` or `inHindsight(percentile)` names.
 *
 * @param where what is being configured, e.g. `--gradient-range`; used in errors only
 */
export const parseEstimator =
  (where: string) =>
  (text: string): E.Either<Problem, NamedEstimator> => {
    const combination = combinationIn(where, text);
    if (combination) return E.chain(combination.around)(parseEstimator(where)(combination.inner));
    return E.map((estimator: RangeEstimator) => ({ name: text, estimator }))(
      parseNamed("estimator", catalogue)(where)(text),
    );
  };
