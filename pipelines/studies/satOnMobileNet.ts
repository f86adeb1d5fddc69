import { type Cell, product } from "./grid.ts";
import type { Study } from "./study.ts";

/** Weights of a bit width that are clamped without rescaling, rescaled at the linear layer only, in either way, and rescaled everywhere. */
const rescaling = (bits: number): readonly Cell[] => {
  const recipe = `sat:bits=${bits}`;
  const weightQuantizer = "sat:rescale=none";
  return [
    { recipe, weightQuantizer },
    { recipe, weightQuantizer, quantizerAt: ["dense/weight=sat:rescale=stddev"] },
    { recipe, weightQuantizer, quantizerAt: ["dense/weight=sat"] },
    { recipe },
  ];
};

/**
 * Study of SAT on the networks that it was made for. It compares weights that are only clamped with weights whose variance is adjusted:
 * at the linear layer only, as the authors' code does for MobileNets, whose convolutions are normalized; and everywhere, as it does for
 * CIFAR-10. At the linear layer it is also adjusted to that of the float32 weights: 1 / n_out, which is small for 1000 classes, is not
 * for ten. All cells learn the clipping levels of activations and have float32 gradients. Takes some hours on one core.
 *
 * Width, epochs and learning rate are smaller than those of the paper, and Rangeflow's own; its tables were not seen.
 *
 * @see Jin et al. 2019, arXiv:1912.10207, and its code, AdaBits
 */
export const satOnMobileNet: Study = {
  title: "SAT on MobileNets",
  summary: "weights that are only clamped, or rescaled at the linear layer or everywhere, on both MobileNets",
  settings: {
    ...{ data: "cifar10", width: 0.25, limit: 10_000, batch: 128, epochs: 10 },
    ...{ lr: 0.05, nesterov: true, weightDecay: 4e-5 },
  },
  cells: product([
    [{ model: "mobileNetV1" }, { model: "mobileNetV2" }],
    [{ recipe: "float32" }, ...[8, 4].flatMap(rescaling)],
  ]),
  within: ["model"],
  against: { weightQuantizer: "sat:rescale=none", quantizerAt: [] },
  margin: 0.5,
  seeds: [1, 2],
};
