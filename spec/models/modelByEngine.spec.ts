/**
 * @file Every built-in model on every engine: two training steps in 8/8/8 end in the same weights.
 *
 * Models are narrow and images small; at step 0 ranges are those of the tensors, at step 1 they are in hindsight. WebGPU runs where the
 * package `webgpu` finds an adapter, a software one such as SwiftShader too.
 */
import { createHash } from "node:crypto";
import * as E from "fp-ts/lib/Either.js";
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { boxTargetShape } from "../../core/boxTarget.ts";
import type { Engine } from "../../core/engine.ts";
import { gpu } from "../../core/engines/gpu/engine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { describe } from "../../core/errors.ts";
import { normal } from "../../core/random.ts";
import type { Target } from "../../core/target.ts";
import { elements, type Shape, sizeOf, tensor } from "../../core/tensor.ts";
import { type ModelName, models } from "../../models/models.ts";
import { centerLoss } from "../../operators/detection/centerLoss.ts";
import { absoluteError } from "../../operators/losses/absoluteError.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import { beginStep, build, scopeFor } from "../../operators/module/build.ts";
import type { Module } from "../../operators/module/module.ts";
import { readAll } from "../../operators/module/parameters.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { constantRate } from "../../operators/training/schedule.ts";
import { sgd } from "../../operators/training/sgd.ts";
import { eager } from "../support/eager.ts";
import { openWebGpu } from "../support/webgpu.ts";

interface Small {
  /** [H, W, C] of an image. */
  readonly shape: Shape;
  readonly width: number;
}

/** The smallest form of each model that has all its layers. A new model joins with a line. */
const small: Readonly<Record<ModelName, Small>> = {
  lenet5: { shape: [28, 28, 1], width: 1 },
  resnet20: { shape: [8, 8, 3], width: 1 },
  resnet18: { shape: [8, 8, 3], width: 1 / 16 },
  preactResnet: { shape: [8, 8, 3], width: 1 / 16 },
  vgg16: { shape: [32, 32, 3], width: 1 / 16 },
  mobileNetV1: { shape: [16, 16, 3], width: 1 / 16 },
  mobileNetV2: { shape: [16, 16, 3], width: 1 / 16 },
  vit: { shape: [8, 8, 3], width: 1 / 8 },
  edsr: { shape: [6, 6, 3], width: 1 / 8 },
  centerDetector: { shape: [32, 16, 3], width: 1 / 8 },
};

const images = 2;

const numbers = (seed: number, shape: Shape): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => normal([seed, 5], i));

/** Targets of step `step`: classes, images of twice the side, or boxes. */
const targetOf = (name: ModelName, [height, width, channels]: Shape, step: number): Target => {
  if (name === "centerDetector") {
    const boxes = Float32Array.of(step, 1, 2, 11, 9, 3, 4, 4, 15, 30, 9, 0, 0, 7, 8, -1, 0, 0, 0, 0);
    return tensor(boxes, [images, ...boxTargetShape(2)]);
  }
  if (name !== "edsr") return Int32Array.of(step, 3);
  const large = [images, 2 * (height as number), 2 * (width as number), channels as number];
  return tensor(numbers(7 + step, large), large);
};

/** A hash of every parameter after two steps, velocities and running statistics among them. */
const weightsOf = async (name: ModelName, engine: Engine): Promise<string> => {
  const { shape, width } = small[name];
  const scope = scopeFor({ engine, shape });
  const losses: Partial<Record<ModelName, Module>> = { edsr: absoluteError(), centerDetector: centerLoss() };
  const loss = losses[name] ?? crossEntropy();
  const optimizer = sgd({ rate: constantRate(0.05), momentum: 0.9, weightDecay: 1e-3 });
  const { layer } = build(sequential(models[name]({ classes: 10, width }), loss, optimizer), scope);
  const sides = [images, ...shape];
  const batch = (step: number) => ({
    ...{ x: numbers(step, sides), target: targetOf(name, shape, step), shape: sides },
  });
  await lastValueFrom(
    runBatches({ to: 2 }, (step) => beginStep(engine, batch(step), { step, training: true }))(layer),
  );
  const hash = createHash("sha256");
  for (const { path, value } of await readAll(engine, scope.parameters))
    hash.update(path).update(Uint8Array.from(new Uint8Array(Float32Array.from(elements(value)).buffer)));
  return hash.digest("hex").slice(0, 16);
};

const gpuIn = async (mode: "cpu" | "webasm"): Promise<Engine> => {
  const engine = await gpu({ host: simd(), mode });
  if (E.isLeft(engine)) throw new Error(describe(engine.left));
  return engine.right;
};

const webgpu = await openWebGpu(simd());

const engines: Readonly<Record<string, Engine | Error>> = {
  simd: simd(),
  "simd on 2 threads": simd({ threads: await eager(2) }),
  "gpu.js cpu": await gpuIn("cpu"),
  "gpu.js webasm": await gpuIn("webasm"),
  webgpu,
};

const test = suite("model by engine");

for (const name of Object.keys(models) as ModelName[]) {
  const expected = weightsOf(name, reference());
  for (const [engineName, engine] of Object.entries(engines)) {
    const title = `${name} on ${engineName} ends in the weights of the reference`;
    if (engine instanceof Error) test.skip(title, () => {});
    else
      test(title, async () => {
        assert.is(await weightsOf(name, engine), await expected);
      });
  }
}

test("different models have different weights", async () => {
  const hashes = await Promise.all((["lenet5", "resnet20"] as const).map((name) => weightsOf(name, simd())));
  assert.is.not(hashes[0], hashes[1]);
});

test.after(() => {
  for (const engine of Object.values(engines)) if (!(engine instanceof Error)) engine.dispose();
});

test.run();
