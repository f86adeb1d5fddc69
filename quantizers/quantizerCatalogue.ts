/** @file The built-in quantizers by name, with their options: which grid, which rounding. */
import * as E from "fp-ts/lib/Either.js";
import type { Problem } from "../core/errors.ts";
import type { Role } from "../core/signal.ts";
import { muLaw } from "./muLaw.ts";
import { type ChoiceOption, type Entry, numberOf, type OptionValues, parseNamed } from "./named.ts";
import { perChannel } from "./perChannel.ts";
import type { Quantizer } from "./quantizer.ts";

/** Takes the usual quantizer of a role, and gives the one that is meant. */
export type QuantizerChoice = (usual: Quantizer) => Quantizer;

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
