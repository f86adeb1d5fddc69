/** @file Recipes reach a network built in code: the weights of the command line, composed with rules of one's own. */
import { lastValueFrom, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtInExperiment } from "../../../pipelines/experiments/builtInExperiment.ts";
import { type Experiment, experiment } from "../../../pipelines/experiments/experiment.ts";
import { type RecipeParts, recipes } from "../../../pipelines/recipes/recipes.ts";
import { train } from "../../../pipelines/runs/train.ts";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";
import type { Rule } from "../../../quantizers/rules/rule.ts";
import { failureOf } from "../../support/failureOf.ts";
import { doneIn, doneOf } from "../runs.ts";

const test = suite("recipes in code");

const settings: Settings = { ...defaults, limit: 64, testLimit: 16, batch: 16, epochs: 1 };
const { network, data, loss, batch, epochs } = builtInExperiment(settings, []);
const on = { engine: "simd", threads: 1 } as const;

/** Small runs on glyphs, with what a recipe says and rules that follow its own. */
const composed = (parts: RecipeParts, ...rules: readonly Rule[]): Experiment =>
  experiment({
    ...parts,
    ...{ network, data, loss, batch, epochs },
    quantization: [...parts.quantization, ...rules],
  });

const weightsOf = async (of: Experiment): Promise<string> =>
  doneIn(await lastValueFrom(train(of, on).pipe(toArray()))).weightsSha256;

const byName = async (recipe: string, more: Partial<Settings> = {}): Promise<string> => {
  const { limit, testLimit } = settings;
  return (await doneOf({ limit, testLimit, batch, epochs, ...on, recipe, ...more })).weightsSha256;
};

for (const [name, parts] of Object.entries({
  lbt: recipes.lbt(),
  "lbt:bits=3": recipes.lbt({ bits: 3 }),
  statQuant: recipes.statQuant(),
  unifiedInt8: recipes.unifiedInt8(),
  niti: recipes.niti(),
  blaq: recipes.blaq(),
  "directQuantization:bits=2,activationBits=32": recipes.directQuantization({ bits: 2, activationBits: 32 }),
  logBtq: recipes.logBtq(),
  "pdQat:bound=0.2": recipes.pdQat({ bound: 0.2 }),
  float32: recipes.float32(),
}))
  test(`${name} trains to the weights of the command line`, async () => {
    assert.is(await weightsOf(composed(parts)), await byName(name));
  });

test("a rule that follows those of a recipe goes before them", async () => {
  const rule: Rule = {
    at: "conv2/*",
    ...{ weight: { bits: 8 }, activation: { bits: 8 }, gradient: { bits: 8 } },
  };
  const weights = await weightsOf(composed(recipes.lbt(), rule));
  assert.is(weights, await byName("lbt", { bitsAt: ["conv2/*=8"] }));
  assert.is.not(weights, await byName("lbt"));
});

test("a rule that says what the recipe says, or that matches no site, is refused by its place", async () => {
  assert.match(
    await failureOf(weightsOf(composed(recipes.lbt(), { at: "conv2/*", weight: { bits: 4 } }))),
    /^quantization\[3\]\.weight\.bits: 4, which already holds without this rule/,
  );
  assert.match(
    await failureOf(weightsOf(composed(recipes.lbt(), { at: "conv9/*", weight: { bits: 5 } }))),
    /^quantization\[3\]: "conv9\/\*", which matches no site, .* the nearest are conv1\/input/,
  );
});

test("a recipe says of training what its method has, and nothing else", () => {
  assert.equal(Object.keys(recipes.lbt()), ["quantization"]);
  assert.equal(Object.keys(recipes.dorefa()), ["quantization"]);
  assert.equal(Object.keys(recipes.niti()).toSorted(), ["optimizer", "quantization", "schedule"]);
  assert.equal(recipes.logBtq().accumulator, { bits: 16, overflow: "saturate", backward: false });
  assert.equal(recipes.pdQat().constraint?.bound, 0.1);
});

test.run();
