/** @file Bytes that layers move. The rows of docs/methods.md section 1 are redone here: 428 KB = (64*64*9 + 2*64*56*56) / 1024. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import { models } from "../../../models/models.ts";
import { convolutionsOf, trafficOf } from "../../../pipelines/runs/traffic.ts";

const test = suite("traffic");

/** Input and output channels, groups, kernel, side; KB with static and dynamic ranges, and percent more. */
const rows = [
  [64, 64, 1, 3, 56, 428, 1996, "366.355"],
  [256, 256, 1, 3, 14, 674, 1066, "58.1602"],
  [96, 96, 96, 3, 112, 2352.84375, 11760.84375, "399.857"],
  [16, 96, 1, 1, 112, 1373.5, 10781.5, "684.965"],
  [960, 160, 1, 1, 7, 203.59375, 264.84375, "30.0844"],
] as const;

for (const [inChannels, outChannels, groups, kernel, side, staticKb, dynamicKb, extra] of rows)
  test(`${inChannels} to ${outChannels} channels in ${groups} groups, kernel ${kernel}, ${side}x${side}: ${staticKb} and ${dynamicKb} KB`, () => {
    const window = { kernelHeight: kernel, kernelWidth: kernel, stride: 1, padding: 0 };
    const conv = { ...window, inChannels, outChannels, groups };
    const traffic = trafficOf("layer", conv, [side, side, inChannels], [side, side, outChannels]);
    assert.is(traffic.staticBytes, 1024 * staticKb);
    assert.is(traffic.dynamicBytes, 1024 * dynamicKb);
    assert.is(traffic.extraPercent.toPrecision(6), extra);
  });

test("a model has one row for each convolution and dense layer, with the shapes that it really has", () => {
  const layers = convolutionsOf(models.lenet5, [28, 28, 1]);
  assert.equal(
    layers.map(({ path, inShape, outShape }) => [path, inShape.join("x"), outShape.join("x")]),
    [
      ["conv1", "28x28x1", "28x28x6"],
      ["conv2", "14x14x6", "10x10x16"],
      ["dense1", "1x1x400", "1x1x120"],
      ["dense2", "1x1x120", "1x1x84"],
      ["dense3", "1x1x84", "1x1x10"],
    ],
  );
  const [conv1] = layers.map(({ path, conv, inShape, outShape }) => trafficOf(path, conv, inShape, outShape));
  assert.is(conv1?.staticBytes, 6 * 25 + 28 * 28 + 28 * 28 * 6);
});

test("ResNet-20 has 19 convolutions of 3x3 and a dense layer", () => {
  const layers = convolutionsOf(models.resnet20, [32, 32, 3]);
  assert.equal(
    layers.map(({ conv }) => conv.kernelHeight),
    [...new Array<number>(19).fill(3), 1],
  );
});

test("a model that does not fit its images is refused", () =>
  assert.throws(
    () => convolutionsOf(models.lenet5, [3, 3, 1]),
    (error: unknown) => error instanceof RangeflowFailure,
  ));

test.run();
