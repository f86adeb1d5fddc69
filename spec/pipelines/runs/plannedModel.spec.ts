/** @file Models as they would be built: the same layers and sizes as those that are built, and no array. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { RangeflowFailure } from "../../../core/errors.ts";
import { isOnDevice } from "../../../core/tensor.ts";
import { imageShape, type ModelName, models } from "../../../models/models.ts";
import { build, scopeFor } from "../../../operators/module/build.ts";
import { isTrained } from "../../../operators/module/parameters.ts";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import { images } from "../../../pipelines/data/images.ts";
import { builtInExperiment } from "../../../pipelines/experiments/builtInExperiment.ts";
import { networkFor } from "../../../pipelines/runs/network.ts";
import { checkSize, plannedModel } from "../../../pipelines/runs/plannedModel.ts";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";
import { processorTime } from "../../support/processorTime.ts";

const test = suite("planned models");

const gibibyte = 2 ** 30;
const data = images(glyphs({ train: 10, test: 10 }));

const refusal = (settings: Partial<Settings>, most = 4 * gibibyte): string => {
  const memory = () => ({ kept: 0, step: 0, most });
  try {
    const experiment = builtInExperiment({ ...defaults, ...settings }, []);
    const { parameters } = plannedModel(networkFor(experiment, data), data.shape);
    checkSize(experiment, parameters, { memory });
  } catch (error) {
    assert.instance(error, RangeflowFailure);
    return (error as Error).message;
  }
  return "";
};

test("a model is planned with the parameters and layers that it is built with", () => {
  for (const name of Object.keys(models) as ModelName[]) {
    const module = models[name]({ classes: 10, width: name === "edsr" ? 0.125 : 0.25 });
    const shape = imageShape(name);
    const convolutions: string[] = [];
    const scope = scopeFor({ engine: reference(), shape, announce: ({ path }) => convolutions.push(path) });
    build(module, scope);
    const plan = plannedModel(module, shape);
    assert.equal(
      plan.parameters.map(({ path, kind, value }) => [path, kind, value.size]),
      scope.parameters.list().map(({ path, kind, value }) => [path, kind, value.size]),
    );
    assert.equal(
      plan.convolutions.map(({ path }) => path),
      convolutions,
    );
    assert.ok(plan.parameters.every(({ value }) => isOnDevice(value)));
  }
});

test("VGG-16 has the 14,724,042 trained parameters that it says", () => {
  const { parameters } = plannedModel(models.vgg16({ classes: 10 }), [32, 32, 3]);
  assert.is(
    parameters.filter(isTrained).reduce((sum, { value }) => sum + value.size, 0),
    14_724_042,
  );
});

test("a model of any size is planned at once, and refused before an array is made", () => {
  const taken = processorTime();
  for (const width of [2000, 1e6, 1e300])
    assert.match(
      refusal({ model: "mobileNetV1", width }),
      /^--model: mobileNetV1, whose parameters and optimizer state take \S+ GiB, expected at most \d+\.\d\d GiB; use a smaller/,
    );
  assert.ok(taken() < 1000);
});

test("what an optimizer keeps counts: 61,706 parameters of LeNet-5 are 4 bytes each, twice with velocities, thrice with moments", () => {
  const bytes = 4 * 61_706;
  for (const [optimizer, copies] of [
    ["niti", 1],
    ["sgd", 2],
    ["adam", 3],
    ["direct", 3],
    ["blaq", 4],
  ] as const) {
    assert.is(refusal({ optimizer }, copies * bytes), "", optimizer);
    assert.match(refusal({ optimizer }, copies * bytes - 1), /^--model: lenet5,/, optimizer);
  }
});

test.run();
