/**
 * @file The networks are those of their papers: as many parameters and multiplications as PyTorch counts on modules of its own,
 * which `spec/golden/networks.py` builds; and their steps are the same bits on every engine.
 */
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Shape, sizeOf } from "../../core/tensor.ts";
import { type ModelName, modelNamed, models } from "../../models/models.ts";
import type { Convolution } from "../../operators/module/module.ts";
import { isTrained, parameterStore, plainMemory } from "../../operators/module/parameters.ts";
import { golden, isPrintedByPyTorch } from "../support/golden.ts";
import { built, refusals, testScope } from "../support/testScope.ts";

interface Counted {
  readonly model: ModelName;
  readonly side: number;
  readonly classes: number;
  readonly parameters: number;
  readonly multiplications: number;
  readonly output: Shape;
}

const counted = golden("networks") as readonly Counted[];

const test = suite("networks");

/** A scope whose parameters stay 0: to draw those of resnet18 takes 1.5 s. */
const countingScope = (side: number, announce: (convolution: Convolution) => void) => {
  const store = parameterStore(plainMemory);
  const parameters: typeof store = {
    ...store,
    create: (name, kind, shape) => store.create(name, kind, shape, () => {}),
  };
  return testScope({ shape: [side, side, 3], parameters, announce });
};

const multiplicationsOf = ({ conv, outShape }: Convolution): number =>
  (sizeOf(outShape) * conv.kernelHeight * conv.kernelWidth * conv.inChannels) / conv.groups;

for (const { model, side, classes, parameters, multiplications, output } of counted)
  test(`${model} for ${side}x${side} and ${classes} classes: ${parameters} parameters, ${multiplications} multiplications`, () => {
    const convolutions: Convolution[] = [];
    const scope = countingScope(side, (convolution) => convolutions.push(convolution));
    assert.equal(built(models[model]({ classes }), scope).shape, output);
    const trained = scope.parameters.list().filter(isTrained);
    assert.is(
      trained.reduce((sum, { value }) => sum + value.size, 0),
      parameters,
    );
    assert.is(
      convolutions.reduce((sum, convolution) => sum + multiplicationsOf(convolution), 0),
      multiplications,
    );
  });

test("vit has the parameters of its layers, and refuses sides that its patches do not divide", () => {
  const scope = countingScope(32, () => {});
  assert.equal(built(models.vit({ classes: 10 }), scope).shape, [1, 1, 10]);
  const [channels, norm, positions] = [64, 2 * 64, 8 * 8];
  const linear = (from: number, to: number): number => from * to + to;
  const block =
    2 * norm +
    4 * linear(channels, channels) +
    linear(channels, 4 * channels) +
    linear(4 * channels, channels);
  const ends = linear(4 * 4 * 3, channels) + positions * channels + norm + linear(channels, 10);
  const trained = scope.parameters.list().filter(isTrained);
  assert.is(
    trained.reduce((sum, { value }) => sum + value.size, 0),
    6 * block + ends,
  );
  assert.is(6 * block + ends, 307_914);
  assert.match(
    refusals(
      models.vit({ classes: 10 }),
      countingScope(30, () => {}),
    ).join(),
    /^vit: images of 30x30x3, expected sides that are multiples of 4/,
  );
});

test("preactResnet has whole blocks only", () => {
  const scope = countingScope(32, () => {});
  assert.match(
    refusals(models.preactResnet({ classes: 10, depth: 18 }), scope).join(),
    /a depth of 18, expected 6n/,
  );
  const convolutions: Convolution[] = [];
  built(
    models.preactResnet({ classes: 10, depth: 56 }),
    countingScope(32, (c) => convolutions.push(c)),
  );
  assert.is(convolutions.length, 56 + 2, "with the shortcuts of two layers");
});

test("a name of no model is answered with the nearest, or with all that there are", () => {
  const near = modelNamed("resnet19");
  assert.ok(E.isLeft(near) && near.left.expected === "resnet18");
  const far = modelNamed("transformer");
  assert.ok(E.isLeft(far) && far.left.expected.includes("resnet18, preactResnet, vgg16"));
});

isPrintedByPyTorch(test, "networks");

test.run();
