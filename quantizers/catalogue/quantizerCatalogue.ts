/** @file The built-in quantizers by name, with their options: which grid, which rounding? */
import * as E from "fp-ts/lib/Either.js";
import type { Problem } from "../../core/errors.ts";
import type { Role } from "../../core/signal.ts";
import { projectionTitle, type SiteProjection } from "../../core/siteFacts.ts";
import { currentMinMax } from "../estimators/currentMinMax.ts";
import { fixed } from "../estimators/fixed.ts";
import { bhq } from "../projections/bhq.ts";
import { binGrad } from "../projections/binGrad.ts";
import { type DaqTable, daq } from "../projections/daq.ts";
import { laq } from "../projections/laq.ts";
import { luq } from "../projections/luq.ts";
import { muLaw } from "../projections/muLaw.ts";
import { orq } from "../projections/orq.ts";
import { perChannel } from "../projections/perChannel.ts";
import { type BreakRule, type InnerSteps, piecewiseLinear } from "../projections/piecewiseLinear.ts";
import { powerOfTwo } from "../projections/powerOfTwo.ts";
import type { Projection } from "../projections/projection.ts";
import { psq } from "../projections/psq.ts";
import { ptq } from "../projections/ptq.ts";
import { qsgd } from "../projections/qsgd.ts";
import { wageubnE2 } from "../projections/wageubn.ts";
import { type NamedQuantizer, type QuantizerChoice, quantizerFor } from "../quantizer.ts";
import { learnedEntries } from "./learnedEntries.ts";
import { type ChoiceOption, givenNumber, numberOf, parseNamed } from "./named.ts";
import {
  chosen,
  everyRole,
  nearest,
  projecting,
  type QuantizerEntry,
  rounding,
  stochastic,
  wholeOption,
} from "./quantizerEntry.ts";

const scheme: ChoiceOption = {
  name: "scheme",
  summary: "usual: symmetric for weights, affine for all else; power..: the scale is a power of two",
  choices: ["usual", "affine", "symmetric", "powerNear", "powerAbove"],
};

const statQuant = "Chen et al. 2020, arXiv:2010.14298";
const optimalLevels = "Xu, Huo and Huang 2020, arXiv:2002.11082; derived from the abstract";
const wageubn = "Yang et al. 2019, arXiv:1909.02384";

/** Every built-in quantizer. A new one joins with an entry here and, if it projects, a line in the spec of the laws. */
export const quantizerCatalogue: readonly QuantizerEntry[] = [
  {
    name: "uniform",
    summary: "equal steps, zero among them",
    source: "Jacob et al. 2018, arXiv:1712.05877",
    roles: everyRole,
    isInteger: true,
    options: [scheme, rounding],
    make: (o) => (usual) => ({ ...usual, ...chosen(o, "scheme", "rounding") }),
  },
  {
    name: "wageubn",
    summary: "equal steps of a power of two near the range, nearest; weights on [-1, 1]; gradients as its E1",
    source: wageubn,
    roles: everyRole,
    isInteger: true,
    options: [],
    make: () => (usual, role) => ({
      ...usual,
      scheme: "powerNear",
      rounding: "nearest",
      ...(role === "weight" && {
        estimator: { name: "fixed:lo=-1,hi=1", estimator: fixed({ lo: -1, hi: 1 }) },
      }),
    }),
  },
  {
    name: "niti",
    summary: "equal steps of a power of two, the range below it; nearest",
    source: "Wang et al., NITI, released code",
    roles: everyRole,
    isInteger: true,
    options: [],
    make: () => (usual) => ({ ...usual, scheme: "powerAbove", rounding: "nearest" }),
  },
  projecting(
    {
      name: "muLaw",
      summary: "companded: fine near 0; with 8 bits our reconstruction of LogBTQ's MU8",
      source: "Li et al. 2021, OpenReview igkmo23BgzB",
      options: [
        {
          name: "layout",
          summary: "equal steps of the law, or telephony's segments (mu 255, 8 bits only)",
          choices: ["uniform", "segmented"],
        },
        { name: "mu", summary: "strength of the law", default: 255, least: 1, most: 1e6 },
        rounding,
      ],
    },
    (o) => muLaw({ layout: o.layout as "uniform" | "segmented", mu: numberOf(o, "mu") }),
  ),
  projecting(
    {
      name: "powerOfTwo",
      summary: "zero and powers of two, downward from the end of the range; how many, and that end, are ours",
      source: "nearest power: Chmiel et al. 2023, arXiv:2112.10769",
      options: [rounding],
    },
    powerOfTwo,
  ),
  projecting(
    {
      name: "luq",
      summary: "logarithmic and unbiased, up to the end of the range; how many levels bits have is ours",
      source: "Chmiel et al. 2023, arXiv:2112.10769",
      options: [
        wholeOption("levels", "magnitudes beside zero; without it as many as the bits hold", [1, 127]),
        wholeOption("draws", "independent draws that are averaged (SMP)", [1, 64], 1),
      ],
    },
    (o) => luq({ draws: numberOf(o, "draws"), ...givenNumber(o, "levels") }),
    stochastic,
  ),
  projecting(
    {
      name: "piecewiseLinear",
      summary:
        "fine equal steps up to a break that follows the tensor, coarse ones beyond it; inner=released: the authors' code",
      source: "Fang et al. 2020, arXiv:2002.00104",
      options: [
        {
          name: "rule",
          summary: "where the break is: fast fits, the exact best for a normal distribution, or a search",
          choices: ["gaussian", "laplace", "exact", "search"],
        },
        {
          name: "inner",
          summary: "levels inside of the break; released: (2^bits-1)/2 steps to it, as in the authors' code",
          choices: ["paper", "released"],
        },
        rounding,
      ],
    },
    (o) => piecewiseLinear({ rule: o.rule as BreakRule, inner: o.inner as InnerSteps }),
  ),
  projecting(
    {
      name: "daq",
      summary:
        "a grid around the mean of each channel of each sample; weights around 0; table=released: the authors' code",
      source: "Hong et al. 2022, arXiv:2012.11230",
      options: [
        {
          name: "table",
          summary: "steps by bits; released: those of one bit less, as in the authors' code",
          choices: ["paper", "released"],
        },
      ],
    },
    (o) => daq({ table: o.table as DaqTable }),
    nearest,
  ),
  projecting(
    { name: "ptq", summary: "StatQuant's grid for the whole tensor", source: statQuant, options: [] },
    ptq,
    stochastic,
  ),
  projecting(
    { name: "psq", summary: "a grid for each sample, between its own ends", source: statQuant, options: [] },
    psq,
    stochastic,
  ),
  projecting(
    { name: "bhq", summary: "as psq, large samples spread over small ones", source: statQuant, options: [] },
    bhq,
    stochastic,
  ),
  projecting(
    {
      name: "orq",
      summary: "2^(bits-1)+1 levels where stochastic rounding has the least variance",
      source: optimalLevels,
      options: [],
    },
    orq,
    stochastic,
  ),
  projecting(
    {
      name: "binGrad",
      summary: "two levels, whatever the bits",
      source: optimalLevels,
      options: [
        {
          name: "form",
          summary: "pb: +-b, drawn between and clipped beyond; b: the nearer of two means",
          choices: ["pb", "b"],
        },
      ],
    },
    (o) => binGrad({ form: o.form as "pb" | "b" }),
    stochastic,
  ),
  projecting(
    {
      name: "qsgd",
      summary: "levels between 0 and the Euclidean norm, unbiased; mostly zeros for long tensors",
      source: "Jhunjhunwala et al. 2021, arXiv:2102.04487; seen in another's code",
      options: [
        wholeOption(
          "levels",
          "above zero; without it as many as the bits hold, or 2 to start with",
          [1, 32767],
        ),
        {
          name: "schedule",
          summary: "adaptive: more levels as the training loss falls (AdaQuantFL), up to what the bits hold",
          choices: ["fixed", "adaptive"],
        },
        wholeOption("bucket", "elements that share a norm; 0: all of the tensor", [0, 2 ** 31], 0),
      ],
    },
    (o) =>
      qsgd({
        schedule: o.schedule as "fixed" | "adaptive",
        bucket: numberOf(o, "bucket"),
        ...givenNumber(o, "levels"),
      }),
    stochastic,
  ),
  projecting(
    {
      name: "wageubnE2",
      summary: "as wageubn, with a second grid below the first step",
      source: wageubn,
      options: [],
    },
    wageubnE2,
    nearest,
  ),
  projecting(
    {
      name: "laq",
      summary:
        "reconstruction, not reproduced: equal steps of the best scale, by Adam's curvatures if there are any",
      source: "Ma et al. 2024, arXiv:2401.16760",
      options: [],
    },
    laq,
    nearest,
  ),
  projecting(
    {
      name: "perChannel",
      summary:
        "equal steps, of another size in each channel, its rounding is ours; with distributionAdaptive",
      source: "arXiv:2102.04782",
      options: [rounding],
    },
    perChannel,
  ),
  ...learnedEntries,
];

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

/**
 * The projection that a recording has named, to be used with a range alone; undefined where the catalogue does not know it, or knows
 * another one by that name.
 */
export const rangedProjection = (projection: SiteProjection, role: Role): Projection | undefined => {
  const { name, follows } = projection;
  const parsed = parseQuantizer(name)(projectionTitle(projection));
  if (follows !== "range" || E.isLeft(parsed)) return undefined;
  const usual = quantizerFor(role, 8, { name: "currentMinMax", estimator: currentMinMax() });
  const known = parsed.right.choose(usual, role).projection;
  return known?.follows === "range" ? known : undefined;
};
