/** @file Names and shapes of torchvision's networks, which `spec/golden/torchvisionNames.py` prints, are those that ours have there. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Shape } from "../../../core/tensor.ts";
import { mobileNetV2, resnet18, vgg16 } from "../../../models/index.ts";
import type { Model } from "../../../models/model.ts";
import { plannedModel } from "../../../pipelines/runs/plannedModel.ts";
import { nameBy } from "../../../pipelines/weights/nameMap.ts";
import { torchvisionMap, torchvisionNames } from "../../../pipelines/weights/torchvisionNames.ts";
import { weightMatch } from "../../../pipelines/weights/weightMatch.ts";
import { weightPlaces } from "../../../pipelines/weights/weightPlaces.ts";
import { golden } from "../../support/golden.ts";

const test = suite("names of torchvision");

const theirs = golden("torchvisionNames") as Readonly<
  Record<string, Readonly<Record<string, readonly number[]>>>
>;

const ours: Readonly<Record<keyof typeof torchvisionNames, Model>> = { resnet18, vgg16, mobileNetV2 };

for (const [name, model] of Object.entries(ours))
  test(`${name} has a tensor for each parameter of torchvision's, in its shape`, () => {
    const { parameters, notes } = plannedModel(
      model({ classes: 1000, variant: "torchvision" }),
      [224, 224, 3],
    );
    const places = weightPlaces(parameters, notes);
    const map = torchvisionMap(places);
    assert.is(map, torchvisionNames[name as keyof typeof torchvisionNames]);
    const found = places.map((place) => [nameBy(map!)(place), place.theirShapes[0]] as const);
    const expected = Object.entries(theirs[name]!).filter(
      ([tensor]) => !tensor.endsWith("num_batches_tracked"),
    );
    assert.equal(found.toSorted(), expected.toSorted());
  });

test("a network that torchvision does not have has no names there", () => {
  const { parameters, notes } = plannedModel(resnet18({ classes: 10 }), [32, 32, 3]);
  const places = weightPlaces(parameters, notes);
  assert.is(torchvisionMap(places), torchvisionNames.resnet18);
  assert.is(torchvisionMap([...places, { ...places[0]!, path: "more/weight" }]), undefined);
});

test("of torchvision's weights in our own variant it is said which variant they are for", () => {
  const { parameters, notes } = plannedModel(resnet18({ classes: 1000 }), [64, 64, 3]);
  const tensors = new Map(
    Object.entries(theirs.resnet18!).map(([name, shape]) => [
      name,
      { shape: shape as Shape, dtype: "F32", read: () => new Float32Array(0) },
    ]),
  );
  const file = { path: "resnet18.safetensors", metadata: {}, tensors };
  assert.throws(
    () => weightMatch(weightPlaces(parameters, notes), file, {}),
    /tensor conv1\.weight of 64x3x7x7 for conv1\/weight, expected 64x3x3x3; .*--variant torchvision/,
  );
});

test.run();
