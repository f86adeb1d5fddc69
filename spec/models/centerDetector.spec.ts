/** @file The detector: the prior of its heatmap, its sites, and the images that it takes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { elements } from "../../core/tensor.ts";
import { centerDetector } from "../../models/centerDetector.ts";
import { conv2d } from "../../operators/layers/conv2d.ts";
import { quantized } from "../../operators/sites/quantized.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { built, quantizing, refusals, testScope } from "../support/testScope.ts";

const test = suite("centerDetector");

test("heatmaps begin at a probability of 0.1, boxes in the middle of their cells", () => {
  const scope = testScope({ shape: [32, 32, 3] });
  built(centerDetector({ classes: 3, width: 0.25 }), scope);
  const biasOf = (path: string) => [...elements(scope.parameters.find(path)!.value as never)];
  assert.equal(biasOf("heatmap/conv2/bias"), Array(3).fill(Math.fround(-2.19)));
  assert.ok(Math.abs(1 / (1 + Math.exp(2.19)) - 0.1) < 1e-3);
  assert.equal(
    [biasOf("size/conv2/bias"), biasOf("offset/conv2/bias")],
    [
      [0, 0],
      [0, 0],
    ],
  );
});

test("every product has its three sites, and heads sites of their own", () => {
  const sites: string[] = [];
  const layers: string[] = [];
  const scope = testScope({
    shape: [32, 48, 3],
    quantizer: quantizing(currentMinMax()),
    claim: (site) => sites.push(site) > 0,
    announce: ({ path }) => layers.push(path),
  });
  assert.equal(built(centerDetector({ classes: 3, width: 0.25 }), scope).shape, [8, 12, 7]);
  assert.equal(
    sites.toSorted(),
    layers.flatMap((layer) => [`${layer}/input`, `${layer}/gradient`]).toSorted(),
  );
  for (const head of ["heatmap", "size", "offset"])
    assert.ok(sites.includes(`${head}/conv1/gradient`) && sites.includes(`${head}/conv2/gradient`), head);
});

test("images whose sides are no multiples of 16 are refused", () => {
  assert.match(
    refusals(centerDetector({ classes: 3 }), testScope({ shape: [96, 90, 3] })).join(),
    /^centerDetector: images of 96x90, expected sides that are multiples of 16; resize or pad them/,
  );
});

test("an initial bias of a convolution without a bias is refused", () => {
  const module = quantized(conv2d)("conv1", { outChannels: 2, kernel: 1, initialBias: 1 });
  assert.match(
    refusals(module, testScope({ shape: [4, 4, 1] })).join(),
    /^conv1: an initialBias of 1 without a bias, expected bias: true/,
  );
});

test.run();
