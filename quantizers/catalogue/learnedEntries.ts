/** @file Entries of the catalogue whose quantizers have ranges of their own: learned ones, and those of weights that are bent. */
import { dorefaGradients, dorefaRange, dorefaWeights } from "../dorefa.ts";
import { cpq } from "../learned/cpq.ts";
import { learnedBound } from "../learned/learnedBound.ts";
import type { LearnedRange } from "../learned/learnedRange.ts";
import { lsq } from "../learned/lsq.ts";
import { cgPact, doubleSidedLevels, pact } from "../learned/pact.ts";
import { type SatOptions, sat } from "../learned/sat.ts";
import type { QuantizerChoice } from "../quantizer.ts";
import { type ChoiceOption, type NumberOption, numberOf, type OptionValues } from "./named.ts";
import { everyRole, type QuantizerEntry } from "./quantizerEntry.ts";

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

const sigma: NumberOption = {
  name: "sigma",
  summary: "spread of a weight, in steps",
  default: 0.3,
  least: 0.05,
  most: 3,
};
const drop: NumberOption = {
  name: "drop",
  summary: "probability that a bit is dropped in the first step; 0: no bit is dropped, ever",
  default: 0,
  least: 0,
  most: 0.9,
};
const penalty: NumberOption = {
  name: "penalty",
  summary: "what the loss is charged for each bit that is expected to stay",
  default: 0,
  least: 0,
  most: 1e6,
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

export const learnedEntries: readonly QuantizerEntry[] = [
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
    summary: "the same, taught by rounding errors too; levels=released: below 0 as in the authors' code",
    source: "Jin et al. 2019, arXiv:1912.10207",
    roles: ["activation"],
    isInteger: true,
    options: [
      alpha,
      sign,
      {
        name: "levels",
        summary:
          "where there are some below 0: symmetric with a 0, or as AdaBits' double_side, odd multiples of alpha/(2^bits-1)",
        choices: ["symmetric", "released"],
      },
    ],
    make: (options) => (usual, role) => {
      const learned = cgPact({ alpha: numberOf(options, "alpha"), sign: signOf(options) });
      return {
        ...learning(learned)(usual, role),
        ...(options.levels === "released" && { projection: doubleSidedLevels() }),
      };
    },
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
    name: "cpq",
    summary:
      "reconstruction, not reproduced: weights among grid points as categories; DropBits learns which bits stay",
    source: "Lee et al. 2021, arXiv:2109.02100",
    roles: ["weight"],
    isInteger: true,
    options: [sigma, drop, penalty],
    make: (options) => (usual) => ({
      ...usual,
      transform: cpq({
        sigma: numberOf(options, "sigma"),
        drop: numberOf(options, "drop"),
        penalty: numberOf(options, "penalty"),
      }),
    }),
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
