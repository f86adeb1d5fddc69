/** @file The built-in estimators by name, with their options, as the command line and tables know them. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem } from "../core/errors.ts";
import type { Range } from "../core/range.ts";
import { currentMinMax } from "./currentMinMax.ts";
import type { RangeEstimator } from "./estimator.ts";
import { fixed } from "./fixed.ts";
import { frozenAfter } from "./frozenAfter.ts";
import { inHindsight } from "./inHindsight.ts";
import type { NamedEstimator } from "./quantizer.ts";
import { runningMinMax } from "./runningMinMax.ts";

/** An option of an estimator: a number, its default (none: it must be given), and the interval it must lie in. */
export interface EstimatorOption {
  readonly name: string;
  readonly summary: string;
  readonly default?: number;
  readonly least: number;
  readonly most: number;
  /** Only whole numbers. */
  readonly isWhole?: boolean;
}

export interface EstimatorEntry {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  /** Whether its range can be there before the tensor. */
  readonly isStatic: boolean;
  readonly options: readonly EstimatorOption[];
  readonly make: (options: Readonly<Record<string, number>>) => RangeEstimator;
}

const decay: EstimatorOption = {
  name: "decay",
  summary: "weight of the past",
  default: 0.9,
  least: 0,
  most: 1,
};
const lo: EstimatorOption = { name: "lo", summary: "lower end", least: -3e38, most: 3e38 };
const hi: EstimatorOption = { name: "hi", summary: "upper end", least: -3e38, most: 3e38 };
const optional = ({ name, summary, least, most }: EstimatorOption): EstimatorOption => ({
  name,
  summary: `${summary} of a calibrated first range`,
  default: Number.NaN,
  least,
  most,
});
const tensors: EstimatorOption = {
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
      const first = given({ lo: o.lo as number, hi: o.hi as number });
      return inHindsight({ decay: o.decay as number, ...(first && { first }) });
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
    make: (o) => runningMinMax({ decay: o.decay as number }),
  },
  {
    name: "fixed",
    summary: "one range for all tensors",
    source: "",
    isStatic: true,
    options: [lo, hi],
    make: (o) => fixed({ lo: o.lo as number, hi: o.hi as number }),
  },
  {
    name: "frozen",
    summary: "current range of the first tensors, averaged, then kept for ever",
    source: "",
    isStatic: true,
    options: [tensors, decay],
    make: (o) => frozenAfter(o.tensors as number, runningMinMax({ decay: o.decay as number })),
  },
];

const nameOf = (where: string, name: string): E.Either<Problem, EstimatorEntry> => {
  const entry = catalogue.find((candidate) => candidate.name === name);
  return entry
    ? E.right(entry)
    : E.left(
        problem(
          where,
          `estimator "${name}"`,
          `one of ${catalogue.map((candidate) => candidate.name).join(", ")}, or a path such as ./my-estimator.ts`,
        ),
      );
};

const expectedOf = ({ isWhole, least, most }: EstimatorOption): string =>
  `a ${isWhole ? "whole " : ""}number from ${least} to ${most}`;

const numberIn = ({ isWhole, least, most }: EstimatorOption, text: string): number | undefined => {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  return number >= least && number <= most && (!isWhole || Number.isInteger(number)) ? number : undefined;
};

const parsedOptions = (
  where: string,
  entry: EstimatorEntry,
  text: string,
): E.Either<Problem, Record<string, number>> => {
  const values: Record<string, number> = {};
  for (const part of text === "" ? [] : text.split(",")) {
    const [name, ...rest] = part.split("=") as [string, ...string[]];
    const option = entry.options.find((candidate) => candidate.name === name);
    if (!option)
      return E.left(
        problem(
          where,
          `option "${name}" of ${entry.name}`,
          entry.options.length === 0 ? "no options" : entry.options.map((o) => o.name).join(" or "),
        ),
      );
    const number = numberIn(option, rest.join("="));
    if (number === undefined)
      return E.left(problem(where, `${entry.name}:${part}`, `${name}=.. with ${expectedOf(option)}`));
    values[name] = number;
  }
  if ((values.lo === undefined) !== (values.hi === undefined) || (values.lo ?? 0) > (values.hi ?? 0))
    return E.left(problem(where, `${entry.name}:${text}`, "both ends, with lo <= hi"));
  for (const option of entry.options) {
    if (values[option.name] === undefined && option.default === undefined)
      return E.left(
        problem(
          where,
          `${entry.name} without ${option.name}`,
          `${entry.name}:${entry.options.map((o) => `${o.name}=..`).join(",")}`,
        ),
      );
    values[option.name] ??= option.default as number;
  }
  return E.right(values);
};

/**
 * The estimator that a text such as `inHindsight` or `inHindsight:decay=0.95` names.
 *
 * @param where what is being configured, e.g. `--gradient-range`; used in errors only
 */
export const parseEstimator =
  (where: string) =>
  (text: string): E.Either<Problem, NamedEstimator> => {
    const [name, ...rest] = text.split(":") as [string, ...string[]];
    return E.chain((entry: EstimatorEntry) =>
      E.map((options: Record<string, number>) => ({ name: text, estimator: entry.make(options) }))(
        parsedOptions(where, entry, rest.join(":")),
      ),
    )(nameOf(where, name));
  };
