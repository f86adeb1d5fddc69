import { type Cell, product } from "./grid.ts";
import type { Study } from "./study.ts";

/** Settings of each task, as far as they differ from the defaults. */
const tasks = {
  classification: {
    ...{ model: "resnet20", data: "cifar10", limit: 10_000, batch: 128 },
    ...{ lr: 0.1, schedule: "step", epochs: 12 },
  },
  superResolution: {
    ...{ model: "edsr", width: 0.25, data: "glyphsX2", limit: 2_000, testLimit: 500, batch: 16 },
    ...{ lr: 0.1, epochs: 20 },
  },
} as const satisfies Readonly<Record<string, Cell>>;

/** Float32, and ranges of gradients with weights and activations of so many bits as LBT learns them. */
const rangesOf = (bits: number): readonly Cell[] => {
  const recipe = `lbt:bits=${bits}`;
  return [
    { recipe: "float32" },
    { recipe, gradientRange: "currentMinMax" },
    { recipe, gradientRange: "dsgc" },
    { recipe },
    { recipe: `lbtHindsight:bits=${bits}` },
  ];
};

/**
 * Study of LBT beside other ranges of gradients, on the tasks of its paper as far as they are small: 4 bits for weights, activations and
 * gradients. Within a task nothing but the range of gradients differs between the cells that are quantized. Ten minutes of one core for a run
 * of resnet20 and four for one of edsr while others use the machine, twice that in float32: three to four hours for all.
 *
 * Models, data and schedules are smaller than those of the paper, and ours.
 *
 * @see Kim et al. 2024, arXiv:2407.12637
 */
export const lbtTasks: Study = {
  title: "LBT on its tasks",
  summary:
    "ranges of 4-bit gradients, with weights and activations as LBT learns them, in classification and super-resolution",
  settings: {},
  cells: product([Object.values(tasks), rangesOf(4)]),
  within: ["model"],
  against: { recipe: "lbt:bits=4", gradientRange: "currentMinMax" },
  seeds: [1, 2, 3],
};
