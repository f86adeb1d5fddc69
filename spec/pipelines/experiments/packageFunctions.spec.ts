/** @file Functions of the package are no part of what a run is: their text may be written anew, as that of a user's may not. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as models from "../../../models/index.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import type { Module } from "../../../operators/module/module.ts";
import { optimizers } from "../../../operators/training/optimizers.ts";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import { type ExperimentParts, experiment } from "../../../pipelines/experiments/experiment.ts";
import { isOfPackage } from "../../../pipelines/experiments/packageFunctions.ts";
import { recipes } from "../../../pipelines/recipes/recipes.ts";
import { identified } from "../../../pipelines/runs/identified.ts";
import { openSource } from "../../../pipelines/runs/openSource.ts";

const test = suite("experiments in code: functions of the package");

const data = glyphs({ train: 64, test: 16 });

/** All that is known of a run of an experiment, as text. */
const knownOf = async (parts: Omit<ExperimentParts, "data" | "loss">): Promise<string> => {
  const made = experiment({ data, loss: crossEntropy(), epochs: 1, ...parts });
  return JSON.stringify(
    (await identified(await openSource(made, undefined, "spec", {}, {}))).identity.settings,
  );
};

const classes = { classes: 10 };
const networks: Readonly<Record<string, Module>> = {
  lenet5: models.lenet5(classes),
  resnet20: models.resnet20(classes),
  mobileNetV2: models.mobileNetV2({ ...classes, width: 0.25 }),
};

for (const [name, network] of Object.entries(networks))
  test(`${name} is known without the text of any function`, async () => {
    assert.not.match(await knownOf({ network }), /source/);
  });

/** Methods with functions as short as `() => 1`, which anybody may write: those are known by their text. */
const withShort = ["sat", "pact", "lbt", "lbtHindsight", "blaq"];

for (const [name, recipe] of Object.entries(recipes).filter(([name]) => !withShort.includes(name)))
  test(`recipe ${name} is known without the text of any function`, async () => {
    assert.not.match(await knownOf({ network: models.lenet5(classes), ...recipe() }), /source/);
  });

for (const name of (Object.keys(optimizers) as (keyof typeof optimizers)[]).filter((name) => name !== "blaq"))
  test(`optimizer ${name} is known without the text of any function`, async () => {
    assert.not.match(
      await knownOf({ network: models.lenet5(classes), optimizer: optimizers[name]() }),
      /source/,
    );
  });

test("a function of the package is told by its text, wherever it was made", () => {
  assert.is(isOfPackage(models.lenet5), true);
  assert.is(isOfPackage(crossEntropy()), true);
  assert.is(isOfPackage(recipes.lbt), true);
});

test("an example of a comment is a user's function, and so is what anybody may write", () => {
  // As in the docs of `activation`, word by word.
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  assert.is(
    isOfPackage((x: number) => sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
    false,
  );
  assert.is(
    isOfPackage(() => 1),
    false,
  );
  assert.is(isOfPackage(Math.tanh), false);
});

test.run();
