/** @file The studies of the catalogue, planned on data of a few images: every cell builds, and no setting is there in vain. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { studies } from "../../../pipelines/studies/catalogue.ts";
import { type Plan, planOf } from "../../../pipelines/studies/plan.ts";
import type { Study } from "../../../pipelines/studies/study.ts";
import { directory, jpeg } from "../data/tinyImageNetFolders.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("studies are planned");

/** CIFAR-10 and Tiny ImageNet with a batch of images each. */
const dataDir = scratch();
for (const name of ["data_batch_1.bin", "test_batch.bin"])
  writeFileSync(join(dataDir, name), new Uint8Array(128 * 3073));
mkdirSync(join(dataDir, "tiny-imagenet-200"));
const image = await jpeg([1, 2, 3]);
await directory(
  Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`train/n1/images/n1_${i}.JPEG`, image])),
  join(dataDir, "tiny-imagenet-200"),
);

const plans = new Map<string, Promise<Plan>>();

/** The same settings with a small width and few images, where they say any. */
const small = <T extends Study["settings"]>(settings: T): T => ({
  ...settings,
  ...(settings.width !== undefined && { width: 0.1 }),
  ...(settings.limit !== undefined && { limit: 128, testLimit: 1 }),
});

/** The plan of a study with its first seed, made once. */
const planned = (name: keyof typeof studies): Promise<Plan> => {
  const { settings, title: _, summary: __, ...study }: Study = studies[name];
  const all = { all: builtIn({ ...small(settings), dataDir }) };
  const plan =
    plans.get(name) ??
    planOf(all, { ...study, cells: study.cells.map(small), seeds: [1], out: join(dataDir, "none") });
  plans.set(name, plan);
  return plan;
};

for (const name of Object.keys(studies) as readonly (keyof typeof studies)[])
  test(`${name}: all cells build, and none has a setting in vain`, async () => {
    const { cells, runs, pools } = await planned(name);
    assert.is(runs.length, cells.length);
    assert.is(new Set(pools.map(({ name: pool }) => pool)).size, pools.length, "names of pools differ");
  });

test("inHindsightTable tells estimators together over networks, and over the roles that have them", async () => {
  const { pools } = await planned("inHindsightTable");
  assert.equal(
    pools.map(({ name, cells }) => [name, ...cells]),
    [
      ["activation-range runningMinMax, gradient-range runningMinMax", 2, 11, 20],
      ["activation-range inHindsight, gradient-range inHindsight", 3, 12, 21],
      ["gradient-range runningMinMax", 4, 13, 22],
      ["gradient-range dsgc (bits 8/8/8, activation-range currentMinMax)", 5, 14, 23],
      ["gradient-range inHindsight", 6, 15, 24],
      ["activation-range runningMinMax", 7, 16, 25],
      ["activation-range inHindsight", 8, 17, 26],
      ["gradient-range dsgc (recipe lbt)", 28, 33],
      ["gradient-range lbt", 29, 34],
      ["recipe lbtHindsight, gradient-range lbtHindsight", 30, 35],
      ["gradient-quantizer luq", 31, 36],
      ["runningMinMax in activation-range, gradient-range", 2, 4, 7, 11, 13, 16, 20, 22, 25],
      ["inHindsight in activation-range, gradient-range", 3, 6, 8, 12, 15, 17, 21, 24, 26],
    ],
  );
});

test.run();
