/** @file A setting that is asked for and can change nothing is refused, and says what it needs; with that it is taken. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { hasWidth, models } from "../../../models/models.ts";
import { build, scopeFor } from "../../../operators/module/build.ts";
import { parameterStore } from "../../../operators/module/parameters.ts";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { recipeCatalogue } from "../../../pipelines/recipes/recipeCatalogue.ts";
import { prepare } from "../../../pipelines/runs/prepare.ts";
import type { SettingName, Settings } from "../../../pipelines/settings/settings.ts";
import { planOf } from "../../../pipelines/studies/plan.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { withEstimators } from "../runs.ts";

const test = suite("settings without effect");

const tiny: Partial<Settings> = { engine: "reference", limit: 4, testLimit: 2, batch: 2, epochs: 1 };

const taken = async (settings: Partial<Settings>): Promise<void> => {
  const { engine } = await prepare(builtIn({ ...tiny, ...settings }), {});
  engine.dispose();
};

/** A setting that changes nothing, what its refusal says, and what it needs beside it. */
const cases: readonly (readonly [
  name: SettingName,
  vain: Partial<Settings>,
  sentence: RegExp,
  needs: Partial<Settings>,
])[] = [
  ["width", { width: 0.5 }, /any but lenet5 and resnet20/, { model: "mobileNetV2", width: 0.125 }],
  ["dataDir", { dataDir: "/tmp" }, /data in files/, { dataDir: "" }],
  ["bits", { bits: "4/4/4", bitsAt: ["*=8"] }, /bits come from here/, { bitsAt: ["conv1/*=8"] }],
  [
    "firstBits",
    { firstBits: "4/4/4", bitsAt: ["conv1/*=8"] },
    /bits come from/,
    { bitsAt: ["conv1/input=8"] },
  ],
  ["lastBits", { lastBits: "4/4/4", bitsAt: ["dense3/*=8"] }, /bits come from/, { bitsAt: [] }],
  [
    "weightGradientBits",
    { weightGradientBits: 4, bitsAt: ["*/weightGradient=8"] },
    /bits come/,
    { bitsAt: [] },
  ],
  [
    "gradientRange",
    { gradientRange: "currentMinMax", bits: "8/8/32" },
    /uses this estimator/,
    { bits: "8/8/4" },
  ],
  [
    "weightRange",
    { weightRange: "runningMinMax:decay=0.9", rangeAt: ["*/weight=currentMinMax"] },
    /uses/,
    { rangeAt: [] },
  ],
  ["activationRange", { activationRange: "currentMinMax", bits: "8/32/8" }, /uses/, { bits: "8/8/8" }],
  [
    "weightGradientRange",
    { weightGradientRange: "currentMinMax", weightGradientBits: 32 },
    /uses/,
    { weightGradientBits: 8 },
  ],
  [
    "gradientQuantizer",
    { gradientQuantizer: "luq", bits: "8/8/32" },
    /with this quantizer/,
    { bits: "8/8/4" },
  ],
  ["weightQuantizer", { weightQuantizer: "lsq", bits: "32/8/8" }, /with this quantizer/, { bits: "4/8/8" }],
  ["perChannel", { perChannel: true, bits: "32/8/8" }, /weights of fewer than 32 bits/, { bits: "8/8/8" }],
  ["accumulator", { accumulator: "16:wrap", bits: "8/32/8" }, /sums of integers/, { bits: "8/8/32" }],
  ["barrierOn", { barrierOn: "all" }, /--barrier above 0/, { barrier: 1 }],
  ["barrierBound", { barrierBound: 2 }, /--barrier above 0/, { barrier: 1 }],
  ["barrierSharpness", { barrierSharpness: 2 }, /--barrier above 0/, { barrier: 1 }],
  ["barrierGrowth", { barrierGrowth: 2, barrier: 1 }, /more than one epoch/, { epochs: 2 }],
  ["constraintLr", { constraintLr: 0.1 }, /--constraint or --constraint-layers/, { constraintLayers: 1 }],
  ["constraint", { constraint: 1, bits: "32/32/32" }, /a site of fewer than 32/, { bits: "8/8/32" }],
  ["trialEvery", { trialEvery: 2 }, /--optimizer blaq/, { optimizer: "blaq" }],
  ["trialMix", { trialMix: 0.5 }, /--optimizer blaq/, { optimizer: "blaq" }],
  ["quantizerLr", { quantizerLr: 0.1 }, /a quantizer that learns/, { activationQuantizer: "lsq" }],
  ["dclrs", { dclrs: "layer" }, /such as dsgc/, { gradientRange: "inHindsight(dsgc)" }],
  ["nesterov", { nesterov: true, momentum: 0 }, /--momentum above 0/, { momentum: 0.9 }],
  [
    "smoothing",
    { smoothing: 0.1, data: "glyphsX2", model: "edsr", width: 0.125 },
    /classification/,
    { data: "glyphs", model: "resnet18" },
  ],
  [
    "smoothing",
    { smoothing: 0.1, data: "scenes", model: "centerDetector", width: 0.25 },
    /classification/,
    { data: "glyphs", model: "resnet18" },
  ],
  [
    "augment",
    { augment: true, data: "scenes", model: "centerDetector", width: 0.25 },
    /photographs or pairs, since letters, digits and signs stay as they are/,
    { data: "glyphsX2", model: "edsr", width: 0.125 },
  ],
  ["augment", { augment: true }, /photographs or pairs/, { data: "glyphsX2", model: "edsr", width: 0.125 }],
  ["sqnrEvery", { sqnrEvery: 1, bits: "32/32/32" }, /a site of fewer than 32 bits/, { bits: "8/8/32" }],
  ["histogramEvery", { histogramEvery: 1, bits: "32/32/32" }, /a site of fewer/, { bits: "8/8/32" }],
  [
    "bitsAt",
    { bitsAt: ["conv1/*=4", "conv*=6"] },
    /conv1\/\*=4, which has no effect/,
    { bitsAt: ["conv*=6", "conv1/*=4"] },
  ],
  [
    "rangeAt",
    { rangeAt: ["conv1/*=currentMinMax"], firstBits: "32/32/32" },
    /has no effect/,
    { firstBits: "8/8/32" },
  ],
  [
    "bitsAt",
    { bitsAt: ["conv9/*=4"] },
    /matches no site, .* nearest are conv1\/input, conv1\/weight/,
    { bitsAt: ["conv2/*=4"] },
  ],
  [
    "rangeAt",
    { rangeAt: ["gradient=currentMinMax"] },
    /no site, .* nearest are conv1\/gradient/,
    { rangeAt: ["*gradient=currentMinMax"] },
  ],
  ["bitsAt", { bitsAt: ["conv1/*=8"] }, /conv1\/\*=8, which already holds without/, { bits: "8/8/4" }],
  ["firstBits", { firstBits: "8/8/8" }, /8\/8\/8, which already holds without this rule/, { bits: "8/4/8" }],
  ["rangeAt", { rangeAt: ["*/weight=currentMinMax"] }, /holds without/, { rangeAt: ["*/weight=percentile"] }],
  ["quantizerAt", { quantizerAt: ["conv*=uniform"] }, /holds without/, { weightQuantizer: "muLaw" }],
  ["quantizerAt", { quantizerAt: ["cnv*=uniform"] }, /matches no site/, { quantizerAt: ["conv*=muLaw"] }],
];

for (const [name, vain, sentence, needs] of cases)
  test(`${name}: ${JSON.stringify(vain)} is refused, and taken with ${JSON.stringify(needs)}`, async () => {
    const message = await failureOf(prepare(builtIn({ ...tiny, ...vain }), {}));
    assert.match(message, sentence);
    assert.match(message, new RegExp(`^--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}: `));
    await taken({ ...vain, ...needs });
  });

test("an estimator in code for tensors that are not quantized is refused, too", async () => {
  const estimators = { gradient: { name: "mine", estimator: currentMinMax() } };
  assert.match(
    await failureOf(prepare(await withEstimators({ ...tiny, bits: "8/8/32" }, estimators), {})),
    /gradient.*mine, which has no effect in this network/,
  );
});

test("what a recipe says is never asked in vain, nor is a default that is said again", async () => {
  for (const { name } of recipeCatalogue) await taken({ recipe: name });
  await taken({ recipe: "lsq:bits=8" });
  await taken({ width: 1, augment: false, dclrs: "none", trialEvery: 5, gradientRange: "inHindsight" });
});

test("a range that is the default is refused where a recipe's levels follow the tensor", async () => {
  for (const source of [
    builtIn({ ...tiny, recipe: "mx", gradientRange: "inHindsight" }),
    builtIn({ ...tiny, gradientQuantizer: "psq", gradientRange: "inHindsight" }),
  ])
    assert.match(
      await failureOf(prepare(source, {})),
      /^--gradient-range.*: the estimator inHindsight with the quantizer (mx|psq).*, expected currentMinMax or none/,
    );
  await taken({ recipe: "mx", gradientRange: "currentMinMax" });
});

test("models have a width that can be chosen just if it changes their parameters", () => {
  const parameters = (name: keyof typeof models, width: number): number => {
    const engine = reference();
    const store = parameterStore(engine);
    build(models[name]({ classes: 2, width }), scopeFor({ engine, shape: [32, 32, 3], parameters: store }));
    return store.list().reduce((sum, { value }) => sum + value.size, 0);
  };
  for (const name of Object.keys(models) as (keyof typeof models)[])
    assert.is(parameters(name, 0.25) !== parameters(name, 0.125), hasWidth(name), name);
});

test("a study does not sweep in vain; what its cells share has to change one of them", async () => {
  const out = scratch();
  const plan = (cells: readonly Partial<Settings>[], shared: Partial<Settings> = {}) =>
    planOf({ tiny: builtIn({ ...tiny, ...shared }) }, { cells, seeds: [1], out });
  assert.is(
    await failureOf(plan([{ bitsAt: ["cnv1/*=4"] }, { bitsAt: ["cnv2/*=4"] }])),
    [1, 2]
      .map(
        (n) =>
          `--bits-at: "cnv${n}/*=4", which matches no site, expected a pattern that matches a site; the nearest are conv${n}/input, conv${n}/weight, conv${n}/gradient.`,
      )
      .join("\n"),
  );
  assert.match(await failureOf(plan([{ width: 0.5 }, { width: 1 }])), /^--width: 0\.5, which has no effect/);
  const cells = [{ bits: "8/8/8" }, { bits: "8/8/32" }];
  assert.match(await failureOf(plan(cells, { trialEvery: 3 })), /^--trial-every: 3, which has no effect/);
  assert.is((await plan(cells, { gradientRange: "currentMinMax" })).runs.length, 2);
  const baseline = [{ firstBits: "8/8/8" }, { firstBits: "4/4/4" }];
  assert.is((await plan(baseline)).runs.length, 2);
  assert.match(await failureOf(plan([{ lr: 0.1 }, {}], { firstBits: "8/8/8" })), /holds without this rule/);
});

test.run();
