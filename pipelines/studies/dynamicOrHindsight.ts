import { product } from "./grid.ts";
import type { Study } from "./study.ts";

const dynamic = "currentMinMax";
const hindsight = "inHindsight";

/**
 * Study of the accuracy that in-hindsight ranges cost, and of the bytes and seconds that they save, by role and bit width. Weights use
 * their own range in every cell, because they do not change between the end of a step and the beginning of the next.
 *
 * @see Fournarakis and Nagel 2021, arXiv:2105.04246
 */
export const dynamicOrHindsight: Study = {
  title: "Dynamic or in hindsight",
  summary: "dynamic and in-hindsight ranges for activations, gradients and both, at 8, 6, 5 and 4 bits",
  settings: { model: "resnet20", data: "cifar10", batch: 128, lr: 0.1, epochs: 10 },
  cells: [
    { bits: "32/32/32" },
    ...product([
      [8, 6, 5, 4].map((bits) => ({ bits: `${bits}/${bits}/${bits}` })),
      [
        { activationRange: dynamic, gradientRange: dynamic },
        { activationRange: hindsight, gradientRange: dynamic },
        { activationRange: dynamic, gradientRange: hindsight },
        { activationRange: hindsight, gradientRange: hindsight },
      ],
    ]),
  ],
  against: { activationRange: dynamic, gradientRange: dynamic },
  seeds: [1, 2, 3],
};
