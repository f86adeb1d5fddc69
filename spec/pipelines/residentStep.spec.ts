/**
 * @file A training step on WebGPU: the bits of the reference, and what comes back to the host: the loss and statistics, in few reads.
 *
 * Runs where the package `webgpu` finds an adapter, a software one such as SwiftShader too.
 */
import { lastValueFrom, tap } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../core/engine.ts";
import type { GpuEngine } from "../../core/engines/gpu/engine.ts";
import type { ReadBack } from "../../core/engines/gpu/resident/machine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { key } from "../../core/random.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { elements, isOnDevice, type Shape, sizeOf } from "../../core/tensor.ts";
import { batchNorm } from "../../operators/layers/batchNorm.ts";
import { conv2d } from "../../operators/layers/conv2d.ts";
import { dense } from "../../operators/layers/dense.ts";
import { globalAveragePool, maxPool } from "../../operators/layers/pool.ts";
import { relu } from "../../operators/layers/relu.ts";
import { residual } from "../../operators/layers/residual.ts";
import { subsample } from "../../operators/layers/subsample.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import { readAll } from "../../operators/module/parameters.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { quantized } from "../../operators/sites/quantized.ts";
import { constantRate } from "../../operators/training/schedule.ts";
import { sgd } from "../../operators/training/sgd.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { gaussian } from "../support/tensors.ts";
import { batch, built, quantizing, testScope } from "../support/testScope.ts";
import { openWebGpu } from "../support/webgpu.ts";

const conv = quantized(conv2d);
const image: Shape = [4, 12, 12, 3];
/** The smallest tensor that has places: [4, 3, 3, 8] behind the pool. */
const smallestMap = 4 * sizeOf([4, 3, 3, 8]);
const norms = 2;
const steps = 4;

const network = sequential(
  conv("conv", { outChannels: 8, kernel: 3, padding: 1 }),
  batchNorm("norm"),
  relu(),
  residual(
    sequential(conv("block", { outChannels: 8, kernel: 3, padding: 1, stride: 2 }), batchNorm("norm2")),
    subsample({ stride: 2, channels: 8 }),
  ),
  relu(),
  maxPool({ size: 2 }),
  conv("last", { outChannels: 8, kernel: 3, padding: 1, groups: 2, bias: true }),
  globalAveragePool(),
  quantized(dense)("dense", { units: 4 }),
  crossEntropy(),
  sgd({ rate: constantRate(0.05), momentum: 0.9, nesterov: true, weightDecay: 1e-3 }),
);

interface Trained {
  readonly seen: readonly RangeSeen[];
  readonly losses: readonly number[];
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Data that had come back after each step. */
  readonly back: readonly ReadBack[];
  readonly onDevice: readonly string[];
}

const trained = async (engine: Engine, readBack = (): ReadBack => ({ times: 0, bytes: 0, most: 0 })) => {
  const quantizer = quantizing(inHindsight());
  const scope = testScope({ shape: image.slice(1), engine, quantizer, seed: key(5) });
  const { layer } = built(network, scope);
  const seen: Trained["seen"][number][] = [];
  const losses: number[] = [];
  const back: ReadBack[] = [];
  await lastValueFrom(
    runBatches({ to: steps }, (step) => {
      engine.beginStep();
      return batch(gaussian(image, `batch ${step}`), { step, target: Int32Array.of(0, 1, 2, 3) });
    })(layer).pipe(
      tap((signal) => {
        if (signal._tag === "RangeSeen") seen.push(signal);
        else if (signal._tag === "Metric" && signal.name === "loss") losses.push(signal.value);
        else if (signal._tag === "Activation") back.push(readBack());
      }),
    ),
  );
  const list = scope.parameters.list();
  const onDevice = list.filter(({ value }) => isOnDevice(value)).map(({ path }) => path);
  const read = await readAll(engine, scope.parameters);
  const weights = new Map(read.map(({ path, value }) => [path, Float32Array.from(elements(value))]));
  const result: Trained = { seen, losses, weights, back, onDevice };
  return result;
};

const keepsAStep = (engine: GpuEngine, readBack: () => ReadBack): void => {
  const test = suite(`a step on ${engine.backend}`);
  let found: Trained;
  let expected: Trained;

  test.before(async () => {
    expected = await trained(reference());
    found = await trained(engine, readBack);
  });

  test("ranges, losses and parameters are those of the reference", () => {
    assert.equal(found.seen, expected.seen);
    assert.equal(found.losses, expected.losses);
    assert.ok(found.seen.filter(({ isStatic }) => isStatic).length > found.seen.length / 2);
    for (const [path, values] of expected.weights) assert.equal(found.weights.get(path), values, path);
  });

  test("weights and their velocities have moved to the device, vectors have not", () => {
    const weights = ["conv/weight", "block/weight", "last/weight", "dense/weight"];
    assert.equal(
      [...found.onDevice].sort(),
      [...weights, ...weights.map((path) => `${path}/velocity`)].sort(),
    );
  });

  test("a step whose ranges are all there waits twice, and twice more for each normalization", () => {
    for (const step of [2, 3]) {
      const [before, after] = [found.back[step - 1] as ReadBack, found.back[step] as ReadBack];
      assert.is(after.times - before.times, 2 + 2 * norms);
    }
  });

  test("nothing of the size of a feature map comes back", () => {
    assert.ok(readBack().most > 0 && (found.back[steps - 1] as ReadBack).most < smallestMap);
  });

  test.after(() => engine.dispose());
  test.run();
};

const webgpu = await openWebGpu(simd());
if (webgpu instanceof Error) {
  const test = suite(`a resident step is SKIPPED: ${webgpu.message.split("\n")[0]}`);
  test.skip("needs the package webgpu and an adapter");
  test.run();
} else if (webgpu.readBack === undefined) throw new Error(`passes run on the host: ${webgpu.backend}`);
else keepsAStep(webgpu, webgpu.readBack);
