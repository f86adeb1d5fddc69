import { type Cell, product } from "./grid.ts";
import type { Study } from "./study.ts";

/** Settings of each task that differ from the defaults. */
const tasks = {
  classification: {
    ...{ model: "resnet20", data: "cifar10", limit: 10_000, batch: 128 },
    ...{ lr: 0.1, schedule: "step", epochs: 12 },
  },
  superResolution: {
    ...{ model: "edsr", width: 0.25, data: "glyphsX2", limit: 2_000, testLimit: 500, batch: 16 },
    ...{ lr: 0.1, epochs: 20 },
  },
  detection: {
    ...{ model: "centerDetector", data: "scenes", limit: 2_000, testLimit: 500, batch: 16 },
    ...{ lr: 0.1, epochs: 8 },
  },
} as const satisfies Readonly<Record<string, Cell>>;

/** The dynamic gradient range that LBT is compared with. */
const current = { recipe: "lbt", gradientRange: "currentMinMax" } as const;

/** Gradient ranges, with weights and activations quantized as in LBT. */
const ranges: readonly Cell[] = [
  current,
  { recipe: "lbt", gradientRange: "dsgc" },
  { recipe: "lbt" },
  { recipe: "lbtHindsight" },
];

/** Float32, and all gradient ranges at each of some bit widths. */
const ofTask = (task: Cell, widths: readonly number[]): readonly Cell[] =>
  product([
    [task],
    [
      { recipe: "float32" },
      ...product([widths.map((bits) => ({ bits: `${bits}/${bits}/${bits}` })), ranges]),
    ],
  ]);

/**
 * Study of LBT and other gradient ranges on the three tasks of its paper, at small scale: 4 bits for weights, activations and gradients,
 * in detection also 6. Within a task and a bit width only the gradient range differs between cells. Takes some hours on one core, and can
 * be stopped at any time.
 *
 * Models, data and schedules are smaller than those of the paper, and Rangeflow's own.
 *
 * @see Kim et al. 2024, arXiv:2407.12637
 */
export const lbtTasks: Study = {
  title: "LBT on its tasks",
  summary:
    "range estimators for low-bit gradients, with weights and activations learned as in LBT, in classification, super-resolution and detection",
  settings: {},
  cells: [
    ...ofTask(tasks.classification, [4]),
    ...ofTask(tasks.superResolution, [4]),
    ...ofTask(tasks.detection, [6, 4]),
  ],
  within: ["model"],
  against: current,
  seeds: [1, 2, 3],
};
