/** @file Depth: a step through a thousand layers and back stays within the stack that a runtime has. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchNorm } from "../../operators/batchNorm.ts";
import { conv2d } from "../../operators/conv2d.ts";
import { crossEntropy } from "../../operators/crossEntropy.ts";
import type { Module } from "../../operators/module.ts";
import { quantized } from "../../operators/quantized.ts";
import { relu } from "../../operators/relu.ts";
import { constantRate } from "../../operators/schedule.ts";
import { sequential } from "../../operators/sequential.ts";
import { sgd } from "../../operators/sgd.ts";
import { currentMinMax } from "../../quantizers/currentMinMax.ts";
import { gaussian } from "../support/tensors.ts";
import { batch, built, gradientsOf, opened, quantizing, seenOf, testScope } from "../support/testScope.ts";

const test = suite("deep networks");

/** Five operators: two sites, a convolution, a normalization, a rectifier. */
const block = (_: unknown, i: number): Module =>
  sequential(quantized(conv2d)(`conv${i}`, { outChannels: 2, kernel: 1 }), batchNorm(`norm${i}`), relu());

test("200 blocks of five operators learn step after step", () => {
  const blocks = Array.from({ length: 200 }, block);
  const module = sequential(...blocks, crossEntropy(), sgd({ rate: constantRate(0.01) }));
  const scope = testScope({ shape: [1, 1, 2], quantizer: quantizing(currentMinMax()) });
  const run = opened(built(module, scope).layer);
  for (const step of [0, 1]) {
    const signals = run(batch(gaussian([2, 1, 1, 2], "two pixels"), { step }));
    assert.is(seenOf(signals).length, 3 * 200);
    assert.is(gradientsOf(signals).length, 3 * 200);
  }
});

test.run();
