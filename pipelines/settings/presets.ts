/** @file Presets: the settings of a method as one value, each with the paper that it follows and how far it does. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem, thrownText } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { watchedTrial } from "../foreign/watchdog.ts";
import type { Settings } from "./settings.ts";
import { isPath } from "./userFiles.ts";
import { exportText, userModule } from "./userModule.ts";

export interface Preset {
  readonly summary: string;
  /** The paper; empty where there is none. */
  readonly source: string;
  /** What the preset sets; everything else has its default, and what a user says himself goes before it. */
  readonly settings: Partial<Settings>;
}

/** What both forms of LBT have. */
const lbtSettings = {
  bits: "4/4/4",
  firstBits: "32/32/32",
  lastBits: "32/32/32",
  weightQuantizer: "lbt",
  activationQuantizer: "lbt",
  gradientQuantizer: "uniform:scheme=symmetric",
} as const;

/** The built-in presets by name. A new one joins with an entry here. */
export const presets = {
  none: { summary: "the defaults", source: "", settings: {} },
  float32: {
    summary: "nothing is quantized",
    source: "",
    settings: { bits: "32/32/32" },
  },
  inHindsight: {
    summary:
      "activations and gradients with the ranges of the tensors before; decay, start and first layer are our choice",
    source: "Fournarakis and Nagel 2021, arXiv:2105.04246",
    settings: {
      bits: "8/8/8",
      weightRange: "currentMinMax",
      activationRange: "inHindsight",
      gradientRange: "inHindsight",
    },
  },
  currentMinMax: {
    summary: "every tensor with its own range, the dynamic comparator",
    source: "Jacob et al. 2018, arXiv:1712.05877",
    settings: {
      bits: "8/8/8",
      weightRange: "currentMinMax",
      activationRange: "currentMinMax",
      gradientRange: "currentMinMax",
    },
  },
  unifiedInt8: {
    summary:
      "gradients clipped where that turns them least, lower rates where it turns them; search and its period are our choice",
    source: "Zhu et al. 2020, arXiv:1912.12607",
    settings: {
      bits: "8/8/8",
      gradientRange: "dsgc",
      gradientQuantizer: "uniform:scheme=symmetric",
      dclrs: "layer",
    },
  },
  distributionAdaptive: {
    summary:
      "a range for each channel of a gradient by its distribution; first bound and rounding are our choice",
    source: "arXiv:2102.04782",
    settings: { bits: "8/8/8", gradientRange: "distributionAdaptive", gradientQuantizer: "perChannel" },
  },
  lsq: {
    summary: "weights and activations with learned steps; first and last layer with 8 bits",
    source: "Esser et al. 2020, arXiv:1902.08153",
    settings: {
      bits: "4/4/32",
      firstBits: "8/8/32",
      lastBits: "8/8/32",
      weightQuantizer: "lsq",
      activationQuantizer: "lsq",
    },
  },
  sat: {
    summary:
      "bent and scaled weights, learned clipping levels; the first layer's images stay float32, as in the authors' code",
    source: "Jin et al. 2019, arXiv:1912.10207",
    settings: {
      bits: "4/4/32",
      firstBits: "8/32/32",
      lastBits: "8/4/32",
      weightQuantizer: "sat",
      activationQuantizer: "cgPact",
    },
  },
  lbt: {
    summary:
      "learned bounds, and gradients clipped where the large ones err least; first and last layer in float32",
    source: "Kim et al. 2024, arXiv:2407.12637",
    settings: { ...lbtSettings, gradientRange: "lbt" },
  },
  lbtHindsight: {
    summary: "lbt with the largest gradients of the tensors before, so that it is static: our variant",
    source: "after Kim et al. 2024, arXiv:2407.12637",
    settings: { ...lbtSettings, gradientRange: "lbtHindsight" },
  },
  luq: {
    summary:
      "gradients on powers of two, unbiased; weights and activations of 4 bits by least squared error, where the paper has SAWB",
    source: "Chmiel et al. 2023, arXiv:2112.10769",
    settings: {
      bits: "4/4/4",
      firstBits: "32/32/32",
      lastBits: "32/32/32",
      weightRange: "meanSquaredError",
      activationRange: "inHindsight(meanSquaredError)",
      gradientQuantizer: "luq",
      gradientRange: "currentMinMax",
    },
  },
  statQuant: {
    summary:
      "two copies of each gradient: for weights 8 bits for the whole tensor, for inputs 5 bits sample by sample; 5 is our choice",
    source: "Chen et al. 2020, arXiv:2010.14298",
    settings: {
      bits: "8/8/5",
      activationRange: "currentMinMax",
      gradientQuantizer: "psq",
      weightGradientBits: 8,
      weightGradientQuantizer: "ptq",
      weightGradientRange: "currentMinMax",
    },
  },
  delayedScaling: {
    summary: "the largest magnitude of the last 1024 tensors, for activations and gradients",
    source: "NVIDIA TransformerEngine, in integers",
    settings: {
      bits: "8/8/8",
      activationQuantizer: "uniform:scheme=symmetric",
      gradientQuantizer: "uniform:scheme=symmetric",
      activationRange: "delayedScaling",
      gradientRange: "delayedScaling",
    },
  },
  dorefa: {
    summary:
      "tanh weights, activations in [0, 1], noisy gradients; first and last layer in float32; wants batch normalization or small rates",
    source: "Zhou et al. 2016, arXiv:1606.06160",
    settings: {
      bits: "4/4/8",
      firstBits: "32/32/32",
      lastBits: "32/32/32",
      lr: 0.002,
      weightQuantizer: "dorefa",
      activationQuantizer: "dorefa",
      gradientQuantizer: "dorefa",
    },
  },
  pact: {
    summary:
      "learned clipping levels; weights by min-max, where the paper has DoReFa's; first and last layer in float32",
    source: "Choi et al. 2018, arXiv:1805.06085",
    settings: {
      bits: "4/4/32",
      firstBits: "32/32/32",
      lastBits: "32/32/32",
      activationQuantizer: "pact",
    },
  },
  wageubn: {
    summary: "steps of powers of two everywhere; its bits for normalization and updates are left out",
    source: "Yang et al. 2019, arXiv:1909.02384",
    settings: {
      bits: "8/8/8",
      weightQuantizer: "wageubn",
      activationQuantizer: "wageubn",
      gradientQuantizer: "wageubn",
    },
  },
  niti: {
    summary:
      "steps of powers of two everywhere, and updates in integers, of weights that are 8-bit integers themselves; noise and decay of widths are our choice",
    source: "Wang et al., NITI, released code",
    settings: {
      bits: "8/8/8",
      weightQuantizer: "niti",
      activationQuantizer: "niti",
      gradientQuantizer: "niti",
      optimizer: "niti",
      lr: 0.125,
      momentum: 0,
      weightDecay: 0,
    },
  },
  cpq: {
    summary:
      "weights among grid points as categories, whose topmost bits are dropped by learned masks; reconstructed, with LSQ's activations; first and last layer in float32",
    source: "Lee et al. 2021, arXiv:2109.02100",
    settings: {
      bits: "4/4/32",
      firstBits: "32/32/32",
      lastBits: "32/32/32",
      weightQuantizer: "cpq:drop=0.1",
      activationQuantizer: "lsq",
    },
  },
  blaq: {
    summary:
      "ternary weights by Adam's curvatures, with trial steps; reconstructed from the appendix, rate, bits and layers are our choice",
    source: "Ma et al. 2024, arXiv:2401.16760",
    settings: { bits: "2/32/32", weightQuantizer: "laq", optimizer: "blaq", momentum: 0, lr: 0.002 },
  },
  logBtq: {
    summary:
      "a log barrier on weights keeps the sums of 16 bits from overflowing; reconstructed from the abstract, weights of fixed range",
    source: "Li et al. 2021, OpenReview igkmo23BgzB",
    settings: {
      bits: "8/7/8",
      weightRange: "fixed:lo=-1,hi=1",
      accumulator: "16:saturate",
      barrier: 30,
      lr: 0.01,
    },
  },
  pdQat: {
    summary:
      "learns in float32 while the quantized output must stay near; scale of weights, float32 ends, SGD and slacks taken as the epoch goes are our choice; --constraint-layers adds layers",
    source: "Hounie et al. 2023, arXiv:2210.15623",
    settings: {
      bits: "4/4/32",
      firstBits: "32/32/32",
      lastBits: "32/32/32",
      weightQuantizer: "sat:grid=original,rescale=stddev",
      activationQuantizer: "dorefa",
      constraint: 0.1,
    },
  },
} as const satisfies Readonly<Record<string, Preset>>;

const builtIn = (name: string): Preset | undefined =>
  Object.hasOwn(presets, name) ? presets[name as keyof typeof presets] : undefined;

const isObject = (x: unknown): x is Readonly<Record<string, unknown>> => typeof x === "object" && x !== null;

/** What a built-in preset sets; nothing for any other text. */
export const presetSettings = (name: string): Partial<Settings> => builtIn(name)?.settings ?? {};

/** The preset in a user's module, as a copy: it is read once, and its settings are plain values. */
const exported = (where: string, text: string, found: unknown): E.Either<readonly Problem[], Preset> => {
  const refuse = (what: string) =>
    E.left([problem(where, `${text} ${what}`, "a default export { settings: { bits: .. } }")]);
  try {
    if (!isObject(found)) return refuse(exportText(found));
    const { settings } = found;
    if (!isObject(settings) || Array.isArray(settings)) return refuse("exports a value without settings");
    return E.right({ summary: text, source: "", settings: structuredClone(settings) });
  } catch (error) {
    return refuse(`exports settings that are no plain values: ${thrownText(error)}`);
  }
};

/**
 * The preset that a text names: a built-in one, or `./my-preset.ts` (TypeScript or JavaScript, relative to the working directory).
 *
 * @param where the option that the text belongs to; used in errors only
 */
export const presetNamed = async (
  where: string,
  text: string,
): Promise<E.Either<readonly Problem[], Preset>> => {
  if (isPath(text))
    return E.chain((found: unknown) => watchedTrial(text, () => exported(where, text, found)))(
      await userModule(where, "a preset", text),
    );
  const preset = builtIn(text);
  return preset
    ? E.right(preset)
    : E.left([
        problem(
          where,
          `preset "${text}"`,
          expectedName(
            text,
            Object.keys(presets),
            `one of ${Object.keys(presets).join(", ")}, or a path such as ./my-preset.ts`,
          ),
        ),
      ]);
};
