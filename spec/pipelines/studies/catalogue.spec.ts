import { suite } from "uvu";
import * as assert from "uvu/assert";
import { settingsInForce } from "../../../pipelines/recipes/settingsInForce.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { studies } from "../../../pipelines/studies/catalogue.ts";
import { type Counterparts, counterpartsOf } from "../../../pipelines/studies/counterparts.ts";
import { axesOf } from "../../../pipelines/studies/grid.ts";
import { runName } from "../../../pipelines/studies/runName.ts";
import type { Study } from "../../../pipelines/studies/study.ts";

const test = suite("studies by name");

const nameOf = (settings: Settings, axes: readonly string[]): string =>
  runName(
    {
      from: "settings",
      settings,
      files: [],
      numerics: 1,
      data: { sha256: "", train: 0, test: 0 },
    },
    axes,
  );

const namesOf = ({ settings, cells, seeds }: Study): Promise<readonly string[]> =>
  Promise.all(
    cells.map(async (cell) => {
      const all = await settingsInForce({ ...settings, ...cell, seed: seeds[0] as number });
      return nameOf(all, axesOf(cells));
    }),
  );

const counterpartsIn = async (study: Study): Promise<Counterparts> => {
  const names = new Map((await namesOf(study)).map((name, cell) => [name, cell]));
  const { cells, seeds, against, settings } = study;
  return counterpartsOf(
    { cells: cells.length, seeds, ...(against && { against }) },
    async (cell, changes) =>
      nameOf(await settingsInForce({ ...settings, ...cells[cell], ...changes }), axesOf(cells)),
    names,
  );
};

for (const [name, study] of Object.entries(studies))
  test(`${name}: all settings are valid, and no two cells are alike`, async () => {
    const names = await namesOf(study);
    assert.is(new Set(names).size, study.cells.length);
  });

test("dynamicOrHindsight: float32, and each of four widths with dynamic and hindsight ranges for each of two roles", async () => {
  const study = studies.dynamicOrHindsight;
  const [float, ...quantized] = study.cells;
  assert.equal(float, { bits: "32/32/32" });
  const short = { currentMinMax: "d", inHindsight: "h" } as Readonly<Record<string, string>>;
  assert.equal(
    quantized.map((cell) => `${cell.bits} ${short[cell.activationRange!]}${short[cell.gradientRange!]}`),
    [8, 6, 5, 4].flatMap((bits) =>
      ["dd", "hd", "dh", "hh"].map((ranges) => `${bits}/${bits}/${bits} ${ranges}`),
    ),
  );
  assert.equal(study.seeds, [1, 2, 3]);
  assert.equal(await counterpartsIn(study), [
    undefined,
    ...[1, 5, 9, 13].flatMap((dynamic) => [undefined, dynamic, dynamic, dynamic]),
  ]);
});

test("lbtTasks: within a task and a width the range of gradients is all that tells quantized cells apart", async () => {
  const { cells, settings } = studies.lbtTasks;
  const inForce = await Promise.all(cells.map((cell) => settingsInForce({ ...settings, ...cell })));
  for (const [model, ...widths] of [
    ["resnet20", "4/4/4"],
    ["edsr", "4/4/4"],
    ["centerDetector", "6/6/6", "4/4/4"],
  ]) {
    const [float, ...all] = inForce.filter((one) => one.model === model);
    assert.is(float!.bits, "32/32/32");
    assert.is(all.length, 4 * widths.length);
    for (const width of widths) {
      const quantized = all.filter(({ bits }) => bits === width);
      assert.equal(
        quantized.map(({ gradientRange }) => gradientRange),
        ["currentMinMax", "dsgc", "lbt", "lbtHindsight"],
      );
      const others = quantized.map(({ gradientRange: _, recipe: __, ...rest }) => rest);
      for (const one of others) assert.equal(one, others[0]);
      assert.equal([others[0]!.firstBits, others[0]!.weightQuantizer], ["32/32/32", "lbt"]);
    }
  }
  // Float32, too: its recipe is what the way to a counterpart changes, to the width of that recipe.
  assert.equal(await counterpartsIn(studies.lbtTasks), [
    ...[1, undefined, 1, 1, 1],
    ...[6, undefined, 6, 6, 6],
    ...[15, undefined, 11, 11, 11, undefined, 15, 15, 15],
  ]);
});

test("satOnMobileNet: each width of each network is held against the one that is only clamped", async () => {
  const { cells, settings } = studies.satOnMobileNet;
  const inForce = await Promise.all(cells.map((cell) => settingsInForce({ ...settings, ...cell })));
  assert.equal(
    inForce
      .slice(0, 9)
      .map(({ bits, weightQuantizer, quantizerAt }) => [bits, weightQuantizer, ...quantizerAt]),
    [
      ["32/32/32", "uniform"],
      ...["8/8/32", "4/4/32"].flatMap((bits) => [
        [bits, "sat:rescale=none"],
        [bits, "sat:rescale=none", "dense/weight=sat:rescale=stddev"],
        [bits, "sat:rescale=none", "dense/weight=sat"],
        [bits, "sat"],
      ]),
    ],
  );
  assert.equal(await counterpartsIn(studies.satOnMobileNet), [
    ...[undefined, undefined, 1, 1, 1, undefined, 5, 5, 5],
    ...[undefined, undefined, 10, 10, 10, undefined, 14, 14, 14],
  ]);
});

test("directQuantization: levels that are moved directly are held against float32 weights that are rounded to them", async () => {
  const { cells, settings } = studies.directQuantization;
  const inForce = await Promise.all(cells.map((cell) => settingsInForce({ ...settings, ...cell })));
  assert.equal(
    inForce.map(({ bits, weightQuantizer, optimizer, lr }) => [bits, weightQuantizer, optimizer, lr]),
    [
      ["32/32/32", "uniform", "sgd", 0.05],
      ...["2/32/32", "4/4/32"].flatMap((bits) => [
        [bits, "directQuantization", "direct", 0.05],
        [bits, "directQuantization", "sgd", 0.05],
        [bits, "lsq", "sgd", 0.05],
      ]),
    ],
  );
  assert.equal(await counterpartsIn(studies.directQuantization), [
    ...[undefined, 2, undefined, undefined, 5, undefined, undefined],
  ]);
});

test("inHindsightTable: three networks in float32 and with each estimator for each role, then gradients of four bits", async () => {
  const { cells, seeds } = studies.inHindsightTable;
  const short = { currentMinMax: "c", runningMinMax: "r", inHindsight: "h", dsgc: "d" } as Readonly<
    Record<string, string>
  >;
  const ofModel = (model: string): readonly string[] =>
    cells
      .filter((cell) => cell.model === model && cell.recipe === undefined)
      .map(({ bits, activationRange = "", gradientRange = "" }) =>
        bits === "8/8/8" ? `${short[activationRange]}${short[gradientRange]}` : String(bits),
      );
  for (const model of ["resnet18", "mobileNetV2", "vgg16"])
    assert.equal(ofModel(model), ["32/32/32", "cc", "rr", "hh", "cr", "cd", "ch", "rc", "hc"], model);
  const ofFourBits = cells.filter(({ recipe }) => recipe !== undefined);
  assert.equal(
    ofFourBits.map(({ model }) => model),
    ["mobileNetV2", "resnet18"].flatMap((model) => Array.from({ length: 5 }, () => model)),
  );
  const inForce = await Promise.all(ofFourBits.map((cell) => settingsInForce({ ...cell })));
  for (const settings of inForce) {
    assert.is(settings.bits, "4/4/4");
    assert.equal([settings.firstBits, settings.lastBits], ["32/32/32", "32/32/32"]);
    assert.equal([settings.weightQuantizer, settings.activationQuantizer], ["lbt", "lbt"]);
  }
  assert.equal(
    inForce
      .slice(0, 5)
      .map(({ gradientRange, gradientQuantizer }) => `${gradientRange} ${gradientQuantizer}`),
    [
      ...["currentMinMax", "dsgc", "lbt", "lbtHindsight"].map((range) => `${range} uniform:scheme=symmetric`),
      "currentMinMax luq",
    ],
  );
  assert.equal(seeds, [1, 2, 3]);
  // Dynamic cells stand behind float32, and those of 4 bits at the head of their five.
  const eight = [undefined, undefined, ...Array.from({ length: 7 }, () => 1)];
  assert.equal(await counterpartsIn(studies.inHindsightTable), [
    ...[0, 9, 18].flatMap((at) => eight.map((other) => other && at + other)),
    ...[27, 32].flatMap((at) => [undefined, at, at, at, at]),
  ]);
});

test.run();
