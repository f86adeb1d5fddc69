/** @file Layers that compute on the host, dropout, AdamW and clipped gradients: weights of a run to the bit on every engine. */
import { join } from "node:path";
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { simd } from "../../../core/engines/simd/engine.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { dropout } from "../../../operators/layers/dropout.ts";
import { groupNorm } from "../../../operators/layers/groupNorm.ts";
import { layerNorm } from "../../../operators/layers/layerNorm.ts";
import { maxPool } from "../../../operators/layers/pool.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { optimizers } from "../../../operators/training/optimizers.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import { experiment } from "../../../pipelines/experiments/experiment.ts";
import type { DoneEvent } from "../../../pipelines/runs/events.ts";
import { train } from "../../../pipelines/runs/train.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { openWebGpu } from "../../support/webgpu.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("every engine");
const home = scratch();

const own = experiment({
  network: sequential(
    maxPool({ size: 4 }),
    quantized(conv2d)("conv", { outChannels: 8, kernel: 3, padding: 1 }),
    groupNorm("group", { groups: 2 }),
    relu(),
    dropout("drop", { p: 0.3 }),
    layerNorm("layer"),
    quantized(dense)("dense", { units: 10 }),
  ),
  data: glyphs({ train: 64, test: 16 }),
  loss: crossEntropy(),
  optimizer: optimizers.adamW({ weightDecay: 0.1, maxGradientNorm: 0.5 }),
  schedule: constantRate(0.01),
  batch: 16,
  epochs: 2,
});

const weightsOf = async (engine: Settings["engine"]): Promise<string> => {
  const done = await lastValueFrom(train(own, { out: join(home, engine), engine, threads: 1 }));
  return (done as DoneEvent).weightsSha256;
};

const expected = await weightsOf("reference");

test("simd", async () => {
  assert.is(await weightsOf("simd"), expected);
});

const gpu = await openWebGpu(simd());
if (gpu instanceof Error) test.skip(`gpu is SKIPPED: ${gpu.message.split("\n")[0]}`);
else {
  gpu.dispose();
  test("gpu", async () => {
    assert.is(await weightsOf("gpu"), expected);
  });
}

test.run();
