/** @file The built-in quantizers by name, with their options: which grid, which rounding. */
import * as E from "fp-ts/lib/Either.js";
import type { Problem } from "../core/errors.ts";
import type { Role } from "../core/signal.ts";
import { dorefaGradients, dorefaRange, dorefaWeights } from "./dorefa.ts";
import { learnedBound } from "./learnedBound.ts";
import type { LearnedRange } from "./learnedRange.ts";
import { lsq } from "./lsq.ts";
import { muLaw } from "./muLaw.ts";
import {
  type ChoiceOption,
  type Entry,
  type NumberOption,
  numberOf,
  type OptionValues,
  parseNamed,
} from "./named.ts";
import { cgPact, pact } from "./pact.ts";
import { perChannel } from "./perChannel.ts";
import type { Quantizer } from "./quantizer.ts";
import { type SatOptions, sat } from "./sat.ts";

/** Takes the usual quantizer of a role, and gives the one that is meant. */
export type QuantizerChoice = (usual: Quantizer, role: Role) => Quantizer;

export interface QuantizerEntry extends Entry<QuantizerChoice> {
  /** Where it can work. */
  readonly roles: readonly Role[];
  /** Whether its products are integers; otherwise they are float32. */
  readonly isInteger: boolean;
}

const everyRole: readonly Role[] = ["weight", "activation", "gradient"];

const scheme: ChoiceOption = {
  name: "scheme",
  summary: "whether 0 stands in the middle; usual: symmetric for weights, affine for all else",
  choices: ["usual", "affine", "symmetric"],
};
const rounding: ChoiceOption = {
  name: "rounding",
  summary: "usual: stochastic for gradients, nearest for all else",
  choices: ["usual", "nearest", "stochastic"],
};

const sign: ChoiceOption = {
  name: "sign",
  summary: "whether activations have levels below 0; auto: where the first tensor has elements there",
  choices: ["auto", "signed", "unsigned"],
};
const alpha: NumberOption = {
  name: "alpha",
  summary: "first clipping level",
  default: 8,
  least: 1e-6,
  most: 1e6,
};

const signOf = (options: OptionValues): LearnedRange["sign"] => options.sign as LearnedRange["sign"];

/** Learned ranges are rounded to nearest. */
const learning =
  (learned: LearnedRange): QuantizerChoice =>
  (usual) => ({ ...usual, rounding: "nearest", learned });

const grid: ChoiceOption = {
  name: "grid",
  summary:
    "levels in [-1, 1]; original and centered are integers up to 7 bits; usual: original, at 8 bits modified",
  choices: ["usual", "original", "modified", "centered"],
};
const rescale: ChoiceOption = {
  name: "rescale",
  summary: "to variance 1/n_out, to the deviation of the weights, or not",
  choices: ["constant", "stddev", "none"],
};
const variance: ChoiceOption = {
  name: "variance",
  summary: "over n - 1, or over n",
  choices: ["unbiased", "population"],
};

/** DoReFa has a quantizer for each role. */
const dorefa: QuantizerChoice = (usual, role) => {
  switch (role) {
    case "weight":
      return { ...usual, transform: dorefaWeights() };
    case "activation":
      return { ...usual, scheme: "affine", rounding: "nearest", estimator: dorefaRange };
    case "gradient":
      return { ...usual, rounding: "stochastic", projection: dorefaGradients() };
  }
};

/** The options that do not say `usual`. */
const chosen = (options: OptionValues): Partial<Quantizer> =>
  Object.fromEntries(
    [scheme, rounding]
      .map(({ name }) => [name, options[name]] as const)
      .filter(([, choice]) => choice !== "usual"),
  );

/** Every built-in quantizer. A new one joins with an entry here and a line in the spec of the laws. */
export const quantizerCatalogue: readonly QuantizerEntry[] = [
  {
    name: "uniform",
    summary: "equal steps, zero among them; integer products",
    source: "Jacob et al. 2018, arXiv:1712.05877",
    roles: everyRole,
    isInteger: true,
    options: [scheme, rounding],
    make: (options) => (usual) => ({ ...usual, ...chosen(options) }),
  },
  {
    name: "muLaw",
    summary: "companded: fine near 0; with 8 bits our reconstruction of LogBTQ's MU8",
    source: "Li et al. 2021, OpenReview igkmo23BgzB",
    roles: everyRole,
    isInteger: false,
    options: [{ name: "mu", summary: "strength of the law", default: 255, least: 1, most: 1e6 }, rounding],
    make: (options) => (usual) => ({
      ...usual,
      ...chosen(options),
      projection: muLaw({ mu: numberOf(options, "mu") }),
    }),
  },
  {
    name: "perChannel",
    summary: "equal steps, of another size in each channel; with estimator distributionAdaptive",
    source: "arXiv:2102.04782",
    roles: ["activation", "gradient"],
    isInteger: false,
    options: [rounding],
    make: (options) => (usual) => ({ ...usual, ...chosen(options), projection: perChannel() }),
  },
  {
    name: "lsq",
    summary: "learned step size",
    source: "Esser et al. 2020, arXiv:1902.08153",
    roles: ["weight", "activation"],
    isInteger: true,
    options: [sign],
    make: (options) => learning(lsq({ sign: signOf(options) })),
  },
  {
    name: "pact",
    summary: "learned clipping level, taught by what is clipped",
    source: "Choi et al. 2018, arXiv:1805.06085",
    roles: ["activation"],
    isInteger: true,
    options: [alpha, sign],
    make: (options) => learning(pact({ alpha: numberOf(options, "alpha"), sign: signOf(options) })),
  },
  {
    name: "cgPact",
    summary: "the same, taught by rounding errors too",
    source: "Jin et al. 2019, arXiv:1912.10207",
    roles: ["activation"],
    isInteger: true,
    options: [alpha, sign],
    make: (options) => learning(cgPact({ alpha: numberOf(options, "alpha"), sign: signOf(options) })),
  },
  {
    name: "lbt",
    summary: "learned bound, from three standard deviations on, with Adam",
    source: "Kim et al. 2024, arXiv:2407.12637",
    roles: ["weight", "activation"],
    isInteger: true,
    options: [sign],
    make: (options) => learning(learnedBound({ sign: signOf(options) })),
  },
  {
    name: "sat",
    summary: "weights bent by tanh and scaled, with 32 bits too",
    source: "Jin et al. 2019, arXiv:1912.10207",
    roles: ["weight"],
    isInteger: true,
    options: [grid, rescale, variance],
    make: (options) => (usual) => ({ ...usual, transform: sat(options as SatOptions) }),
  },
  {
    name: "dorefa",
    summary: "tanh weights, activations in [0, 1], noisy gradients; integers up to 7 bits",
    source: "Zhou et al. 2016, arXiv:1606.06160",
    roles: everyRole,
    isInteger: true,
    options: [],
    make: () => dorefa,
  },
];

/** A way to quantize, with the name that tables and errors call it. */
export interface NamedQuantizer {
  readonly name: string;
  readonly choose: QuantizerChoice;
}

/**
 * The quantizer that a text such as `uniform:scheme=symmetric` names.
 *
 * @param where what is being configured, e.g. `--gradient-quantizer`; used in errors only
 */
export const parseQuantizer =
  (where: string) =>
  (text: string): E.Either<Problem, NamedQuantizer> =>
    E.map((choose: QuantizerChoice) => ({ name: text, choose }))(
      parseNamed("quantizer", quantizerCatalogue)(where)(text),
    );
