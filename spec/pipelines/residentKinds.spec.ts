/**
 * @file Every kind of quantization trains to the bits of the reference on WebGPU, also where a part of a step goes to the host.
 *
 * Runs where the package `webgpu` finds an adapter, a software one such as SwiftShader too.
 */

import { lastValueFrom, tap } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../core/engine.ts";
import type { GpuEngine } from "../../core/engines/gpu/engine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { key } from "../../core/random.ts";
import type { Role } from "../../core/signal.ts";
import { elements } from "../../core/tensor.ts";
import { batchNorm } from "../../operators/layers/batchNorm.ts";
import { conv2d } from "../../operators/layers/conv2d.ts";
import { dense } from "../../operators/layers/dense.ts";
import { averagePool } from "../../operators/layers/pool.ts";
import { relu, relu6 } from "../../operators/layers/relu.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import type { Module, Scope } from "../../operators/module/module.ts";
import { readAll } from "../../operators/module/parameters.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { quantized } from "../../operators/sites/quantized.ts";
import { sqnrAt } from "../../operators/taps/sqnr.ts";
import { adam } from "../../operators/training/adam.ts";
import { direct } from "../../operators/training/direct.ts";
import { niti } from "../../operators/training/niti.ts";
import { constantRate } from "../../operators/training/schedule.ts";
import { sgd } from "../../operators/training/sgd.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { channelBound } from "../../quantizers/learned/channelBound.ts";
import { cpq } from "../../quantizers/learned/cpq.ts";
import { directLevels } from "../../quantizers/learned/directLevels.ts";
import { lsq } from "../../quantizers/learned/lsq.ts";
import { psq } from "../../quantizers/projections/psq.ts";
import { ptq } from "../../quantizers/projections/ptq.ts";
import { type Quantizer, quantizerFor } from "../../quantizers/quantizer.ts";
import { ownNetwork } from "../support/ownNetwork.ts";
import { gaussian } from "../support/tensors.ts";
import { batch, built, testScope } from "../support/testScope.ts";
import { openWebGpu } from "../support/webgpu.ts";

const networkWith = (optimizer: Module): Module =>
  sequential(
    quantized(conv2d)("conv", { outChannels: 8, kernel: 3, padding: 1 }),
    batchNorm("norm"),
    relu(),
    quantized(conv2d)("depthwise", { outChannels: 8, kernel: 3, padding: 1, groups: 8, stride: 2 }),
    relu6(),
    averagePool({ size: 3, stride: 1, padding: 1 }),
    quantized(dense)("dense", { units: 4 }),
    crossEntropy({ smoothing: 0.1 }),
    optimizer,
  );

const rate = constantRate(0.05);
const usual = networkWith(sgd({ rate, momentum: 0.9, weightDecay: 1e-3 }));

const hindsight = { name: "inHindsight", estimator: inHindsight() };
const current = { name: "currentMinMax", estimator: currentMinMax() };

/** The scope of each kind of run. */
const kinds: Readonly<Record<string, Pick<Scope, "quantizer"> & Partial<Scope>>> = {
  "weights with a range for each channel": {
    quantizer: (_, role): Quantizer => ({
      ...quantizerFor(role, 8, hindsight),
      ...(role === "weight" && { granularity: "channel" }),
    }),
  },
  "weights whose channels each learn a step": {
    quantizer: (_, role): Quantizer => ({
      ...quantizerFor(role, 8, hindsight),
      ...(role === "weight" && { granularity: "channel", learned: lsq() }),
    }),
  },
  "4 bits and ranges of the moment": { quantizer: (_, role) => quantizerFor(role, 4, current) },
  "gradients in float32": {
    quantizer: (_, role) => quantizerFor(role, role === "gradient" ? 32 : 8, hindsight),
  },
  "two copies of a gradient": {
    quantizer: (_, role) => quantizerFor(role, role === "gradient" ? 4 : 8, hindsight),
    weightGradient: (_, role) => quantizerFor(role, 8, current),
  },
  "two copies of a gradient, projected": {
    quantizer: (_, role): Quantizer => ({
      ...quantizerFor(role, role === "gradient" ? 5 : 8, current),
      ...(role === "gradient" && { projection: psq() }),
    }),
    weightGradient: (_, role) => ({ ...quantizerFor(role, 8, current), projection: ptq() }),
  },
  "a copy of a gradient in float32 for weights": {
    quantizer: (_, role) => quantizerFor(role, 8, hindsight),
    weightGradient: (_, role) => quantizerFor(role, 32, hindsight),
  },
  "weights among grid points, whose bits are learned": {
    quantizer: (_, role): Quantizer => ({
      ...quantizerFor(role, role === "weight" ? 4 : 8, hindsight),
      ...(role === "weight" && { transform: cpq({ drop: 0.3, penalty: 0.01 }) }),
    }),
  },
  "weights that have learned levels, bounds by the errors of channels": {
    quantizer: (_, role): Quantizer => ({
      ...quantizerFor(role, role === "weight" ? 2 : 8, hindsight),
      ...(role === "weight" && { transform: directLevels() }),
      ...(role === "activation" && { learned: channelBound() }),
    }),
  },
  "all in float32": { quantizer: (_, role) => quantizerFor(role, 32, hindsight) },
  "signal-to-noise ratios measured": {
    quantizer: (_, role) => quantizerFor(role, 8, hindsight),
    hooks: [sqnrAt(() => true)],
  },
};

/** All that three steps say, and the parameters that they end with. */
const trained = async (engine: Engine, kind: Partial<Scope>, network = usual): Promise<readonly string[]> => {
  const scope = testScope({ shape: [8, 8, 3], engine, seed: key(5), ...kind });
  const { layer } = built(network, scope);
  const said: string[] = [];
  await lastValueFrom(
    runBatches({ to: 3 }, (step) => {
      engine.beginStep();
      return batch(gaussian([2, 8, 8, 3], `batch ${step}`), { step, target: Int32Array.of(0, 1) });
    })(layer).pipe(
      tap((signal) => {
        // What an engine moves is its own affair.
        if (signal._tag === "RangeSeen") said.push(JSON.stringify(signal));
        else if (signal._tag === "Metric") said.push(`${signal.name} ${signal.value}`);
      }),
    ),
  );
  const read = await readAll(engine, scope.parameters);
  return [...said, ...read.map(({ path, value }) => `${path} ${elements(value).join()}`)];
};

const trainsEveryKind = (engine: GpuEngine): void => {
  const test = suite(`kinds of runs on ${engine.backend}`);
  test("layers of one's own: an activation on the host, a concatenation, a join, a parameter", async () => {
    const kind = { quantizer: (_: string, role: Role) => quantizerFor(role, 8, hindsight) };
    const network = sequential(ownNetwork(), crossEntropy(), sgd({ rate, momentum: 0.9 }));
    assert.equal(await trained(engine, kind, network), await trained(reference(), kind, network));
  });
  for (const [name, kind] of Object.entries(kinds))
    test(name, async () => assert.equal(await trained(engine, kind), await trained(reference(), kind)));
  for (const [name, optimizer] of [
    ["Adam", adam({ rate, weightDecay: 1e-3 })],
    ["niti, in integers,", niti({ rate, momentum: 0.9, weightDecay: 1e-3 })],
  ] as const)
    test(`parameters that ${name} updates on the host`, async () => {
      const kind = { quantizer: (_: string, role: Role) => quantizerFor(role, 8, hindsight) };
      const network = networkWith(optimizer);
      assert.equal(await trained(engine, kind, network), await trained(reference(), kind, network));
    });
  test("weights that move from level to level on the host", async () => {
    const kind = kinds["weights that have learned levels, bounds by the errors of channels"]!;
    const network = networkWith(direct({ rate: constantRate(0.5), momentum: 0.5, weightDecay: 1e-3 }));
    assert.equal(await trained(engine, kind, network), await trained(reference(), kind, network));
  });
  test.after(() => engine.dispose());
  test.run();
};

const webgpu = await openWebGpu(simd());
if (webgpu instanceof Error) {
  const test = suite(`kinds of resident runs are SKIPPED: ${webgpu.message.split("\n")[0]}`);
  test.skip("needs the package webgpu and an adapter");
  test.run();
} else trainsEveryKind(webgpu);
