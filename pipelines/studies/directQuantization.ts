import type { Cell } from "./grid.ts";
import type { Study } from "./study.ts";

/** First and last layer in float32, as in the recipe of Direct Quantization. */
const endsInFloat32 = { firstBits: "32/32/32", lastBits: "32/32/32" } as const;

/**
 * Cells with given bit widths: levels that are updated directly, the same levels with float32 weights behind them, and learned step
 * sizes.
 */
const widths = (weights: number, activations: number): readonly Cell[] => {
  const recipe = `directQuantization:bits=${weights},activationBits=${activations}`;
  return [
    { recipe },
    { recipe, optimizer: "sgd" },
    {
      ...{ bits: `${weights}/${activations}/32`, weightQuantizer: "lsq", ...endsInFloat32 },
      ...(activations < 32 && { activationQuantizer: "lsq" }),
    },
  ];
};

/**
 * Study of Direct Quantization, as it is reconstructed here. Is a network whose weights are levels, with nothing in float32 behind them,
 * as good as one whose float32 weights are rounded to the same learned levels, and as one with the learned step sizes of LSQ? W2A32 and
 * W4A4 on ResNet-20, gradients in float32. Takes some hours on one core.
 *
 * Training settings are Rangeflow's own; the paper's tables were not seen.
 *
 * @see Hoang et al. 2020, arXiv:2012.13762, of which only the abstract was read
 */
export const directQuantization: Study = {
  title: "Direct Quantization",
  summary: "weights that are learned levels, float32 weights rounded to the same levels, and LSQ",
  settings: {
    ...{ model: "resnet20", data: "cifar10", limit: 4_000, testLimit: 2_000, batch: 32 },
    ...{ lr: 0.05, schedule: "cosine", epochs: 8 },
  },
  cells: [{ recipe: "float32" }, ...widths(2, 32), ...widths(4, 4)],
  against: { optimizer: "sgd" },
  seeds: [1, 2],
};
