/**
 * @file LeNet-5 that PyTorch has trained on MNIST (`spec/golden/mnistLenet5.py`): each test image gets the class here that it has there. The images are in
 * ../shared/data/mnist; without them this is left out.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { firstValueFrom, of } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { simd } from "../../../core/engines/simd/engine.ts";
import { lenet5 } from "../../../models/lenet5.ts";
import { beginStep, build, scopeFor } from "../../../operators/module/build.ts";
import { snapshot } from "../../../operators/taps/snapshot.ts";
import { mnist } from "../../../pipelines/data/idx.ts";
import { images } from "../../../pipelines/data/images.ts";
import { load } from "../../../pipelines/weights/load.ts";
import { defaultQuantizer } from "../../../quantizers/defaultQuantizer.ts";
import { golden } from "../../support/golden.ts";
import { numbers, outcome } from "../../support/testScope.ts";
import { answerTo } from "../runs.ts";

const data = fileURLToPath(new URL("../../../../../shared/data/mnist", import.meta.url));
const suiteOf = suite("LeNet-5 of PyTorch on MNIST");
const test = existsSync(data) ? suiteOf : suiteOf.skip;
const file = "spec/golden/mnistLenet5.safetensors";
const expected = golden("mnistLenet5") as {
  readonly images: number;
  readonly right: number;
  readonly classes: readonly number[];
};

/** Position of the largest of ten logits of image `n`. */
const classOf = (logits: Float32Array, n: number): number => {
  const own = [...logits.subarray(10 * n, 10 * n + 10)];
  return own.indexOf(Math.max(...own));
};

test("in float32 each of 2,000 test images has PyTorch's class", async () => {
  const engine = simd();
  const quantizer = defaultQuantizer({ bits: { weight: 32, activation: 32, gradient: 32 } });
  const { layer } = build(
    load(lenet5({ classes: 10 }), file),
    scopeFor({ engine, shape: [28, 28, 1], quantizer }),
  );
  const { test: batches } = images(mnist(data), { augment: false }).batches({ batch: 100, seed: 1 });
  const classes: number[] = [];
  for (let i = 0; i < batches.perEpoch; i++) {
    const activation = beginStep(engine, batches.make(i), { step: 0, training: false });
    const signal = await firstValueFrom(of(activation).pipe(layer, snapshot(engine)));
    const logits = numbers(outcome([signal]).x);
    for (let n = 0; n < logits.length / 10; n++) classes.push(classOf(logits, n));
  }
  engine.dispose();
  assert.is(classes.length, expected.images);
  assert.equal(classes, expected.classes);
});

const accuracyWith = async (...args: readonly string[]): Promise<number> => {
  const { out, err, code } = await answerTo([
    ...["evaluate", "--init", file, "--data", "mnist", "--data-dir", data],
    ...["--engine", "simd", "--threads", "1", "--json", ...args],
  ]);
  assert.is(code, 0, err);
  return JSON.parse(out).testScore;
};

test("evaluate says so, and what 8 and 4 bits make of it, as docs/pytorch-weights.md has it", async () => {
  assert.is(await accuracyWith("--bits", "32/32/32"), expected.right / expected.images);
  assert.is(await accuracyWith("--bits", "8/8/8"), 0.987);
  assert.is(await accuracyWith("--bits", "4/4/8"), 0.985);
});

suiteOf.run();
