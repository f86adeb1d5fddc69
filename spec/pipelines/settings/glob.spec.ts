import { suite } from "uvu";
import * as assert from "uvu/assert";
import { matches } from "../../../pipelines/settings/glob.ts";

const test = suite("glob");

test("a pattern without a star is the path itself", () => {
  assert.ok(matches("conv1/weight", "conv1/weight"));
  assert.not(matches("conv1", "conv1/weight"));
  assert.not(matches("weight", "conv1/weight"));
});

test("a star stands for any text, also none and across slashes", () => {
  assert.ok(matches("*", "layer2/conv1/gradient"));
  assert.ok(matches("layer2/*", "layer2/conv1/gradient"));
  assert.ok(matches("*/gradient", "layer2/conv1/gradient"));
  assert.ok(matches("conv*", "conv"));
  assert.not(matches("layer2/*", "layer20/conv1"));
});

test("everything else stands for itself", () => {
  assert.ok(matches("a.b+(c)[d]$", "a.b+(c)[d]$"));
  assert.not(matches("a.b", "axb"));
});

test.run();
