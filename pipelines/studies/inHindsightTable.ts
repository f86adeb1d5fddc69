import { type Cell, product } from "./grid.ts";
import type { Study } from "./study.ts";

const dynamic = { activationRange: "currentMinMax", gradientRange: "currentMinMax" } as const;

/** Estimators by role. The other role uses the range of each tensor itself. */
const byRole: readonly Cell[] = [
  dynamic,
  { activationRange: "runningMinMax", gradientRange: "runningMinMax" },
  { activationRange: "inHindsight", gradientRange: "inHindsight" },
  ...["runningMinMax", "dsgc", "inHindsight"].map((gradientRange) => ({ ...dynamic, gradientRange })),
  ...["runningMinMax", "inHindsight"].map((activationRange) => ({ ...dynamic, activationRange })),
];

/** The gradient quantizer of that recipe. */
const symmetric = "uniform:scheme=symmetric";

/** 4-bit gradients, with weights and activations quantized as in LBT; first and last layer in float32. */
const ofFourBits: readonly Cell[] = [
  { recipe: "lbt", gradientRange: "currentMinMax" },
  { recipe: "lbt", gradientRange: "dsgc" },
  { recipe: "lbt" },
  { recipe: "lbtHindsight" },
  { recipe: "lbt", gradientRange: "currentMinMax", gradientQuantizer: "luq" },
];

const models = (names: readonly Cell["model"][]): readonly Cell[] =>
  names.flatMap((model) => (model === undefined ? [] : [{ model }]));

/**
 * Study of the paper's question on its networks, as far as a small machine allows: what do ranges cost that are known before their
 * tensor, for gradients, for activations, and for both? Weights, activations and gradients have 8 bits in every cell except float32, so
 * that only estimators differ; then 4-bit gradients, where the range matters most.
 *
 * The tables of the paper itself were not seen; training settings are Rangeflow's own.
 *
 * @see Fournarakis and Nagel 2021, arXiv:2105.04246
 */
export const inHindsightTable: Study = {
  title: "In-hindsight ranges",
  summary:
    "range estimators for gradients, activations and both, on three networks and 20 classes of Tiny ImageNet",
  settings: { data: "tinyImageNet", width: 0.25, batch: 64, lr: 0.05, epochs: 20 },
  cells: [
    ...product([
      models(["resnet18", "mobileNetV2", "vgg16"]),
      [{ bits: "32/32/32" }, ...byRole.map((ranges) => ({ bits: "8/8/8", ...ranges }))],
    ]),
    ...product([models(["mobileNetV2", "resnet18"]), ofFourBits]),
  ],
  within: ["model"],
  against: [dynamic, { recipe: "lbt", gradientRange: "currentMinMax", gradientQuantizer: symmetric }],
  margin: 0.5,
  seeds: [1, 2, 3],
};
