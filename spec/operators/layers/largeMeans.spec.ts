/** @file Layers on tensors whose mean is up to 1,000 times their deviation, against float64; images of up to 224 by 224. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { expectSync } from "../../../core/eventual.ts";
import { ofTensor } from "../../../core/expr.ts";
import type { Signal } from "../../../core/signal.ts";
import type { HostTensor, Shape, Tensor } from "../../../core/tensor.ts";
import { batchNorm } from "../../../operators/layers/batchNorm.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import type { Module } from "../../../operators/module/module.ts";
import { openTape } from "../../../operators/step/tape.ts";
import { drive } from "../../../operators/step/task.ts";
import { sqnr } from "../../../operators/taps/sqnr.ts";
import { allClose, close } from "../../support/close.ts";
import { eager } from "../../support/eager.ts";
import { elements } from "../../support/elements.ts";
import { filled, gaussian } from "../../support/tensors.ts";
import {
  batch,
  built,
  gradientsOf,
  numbers,
  opened,
  outcome,
  pulledBack,
  testScope,
} from "../../support/testScope.ts";

const test = suite("large means");

const unit = 2 ** -24;
const bytes = 2 ** 27;
const engines: readonly Engine[] = [reference(), simd({ bytes }), simd({ bytes, threads: await eager(2) })];

/** A layer alone, step after step. */
const alone = (module: Module, shape: Shape, engine: Engine) => {
  const scope = testScope({ shape: shape.slice(1), engine });
  const run = opened(built(module, scope).layer);
  const parameter = (path: string): Float32Array => elements(scope.parameters.find(path)!.value);
  return {
    parameter,
    step: (x: Tensor) => {
      engine.beginStep();
      const activation = outcome(run(batch(x)));
      return { activation, y: numbers(activation.x) };
    },
  };
};

/** The gradient of a parameter of one number. */
const gradientAt = (signals: readonly Signal[], path: string): number => {
  const found = gradientsOf(signals).find(({ parameter }) => parameter.path === path);
  return elements(found!.gradient)[0]!;
};

const momentsOf = (x: ArrayLike<number>): { readonly mean: number; readonly variance: number } => {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < x.length; i++) sum += x[i] as number;
  const mean = sum / x.length;
  for (let i = 0; i < x.length; i++) squares += ((x[i] as number) - mean) ** 2;
  return { mean, variance: squares / x.length };
};

const around = (mean: number, shape: Shape, name: string): HostTensor => {
  const x = elements(gaussian(shape, name));
  return filled(shape, (i) => mean + (x[i] as number));
};

for (const engine of engines) {
  test(`${engine.backend}: numbers that alternate between 1000 and 1001 become -1 and 1, and their variance 1/4`, () => {
    const { step, parameter } = alone(batchNorm("norm"), [1, 28, 28, 1], engine);
    const y = step(filled([1, 28, 28, 1], (i) => 1000 + (i & 1))).y;
    const expected = 0.5 / Math.sqrt(0.25 + 1e-5);
    allClose(
      y,
      Float32Array.from(y, (_, i) => (i & 1 ? expected : -expected)),
      2 * unit,
    );
    close(parameter("norm/variance")[0]!, 0.9 + 0.1 * 0.25 * (784 / 783), 2 * unit);
    close(parameter("norm/mean")[0]!, 100.05, 100 * 2 * unit);
  });

  test(`${engine.backend}: 50 and 51 in turns over 224x224`, () => {
    const { step, parameter } = alone(batchNorm("norm"), [1, 224, 224, 1], engine);
    const y = step(filled([1, 224, 224, 1], (i) => 50 + (i & 1))).y;
    const expected = 0.5 / Math.sqrt(0.25 + 1e-5);
    close(y[0]!, -expected, 2 * unit);
    close(y[1]!, expected, 2 * unit);
    close(parameter("norm/variance")[0]!, 0.9 + 0.1 * 0.25 * (50176 / 50175), 2 * unit);
  });

  for (const mean of [0, 10, 1000])
    for (const side of [8, 64]) {
      test(`${engine.backend}: normalized, and back, at a mean of ${mean} deviations, ${side}x${side}`, () => {
        const shape = [2, side, side, 1];
        const { step } = alone(batchNorm("norm"), shape, engine);
        for (let before = 0; before < 3; before++) step(around(mean, shape, `before ${before}`));
        const [x, dy] = [around(mean, shape, "x"), around(mean, shape, "dy")];
        const { activation, y } = step(x);
        const { mean: m, variance } = momentsOf(elements(x));
        const inverse = 1 / Math.sqrt(variance + 1e-5);
        const normal = Float64Array.from(elements(x), (v) => (v - m) * inverse);
        allClose(y, normal, 16 * unit, "y");

        const signals = pulledBack(activation, dy);
        const [alongX, total] = ["norm/scale", "norm/shift"].map((path) => gradientAt(signals, path));
        const g = elements(dy);
        let [sum, along, magnitude] = [0, 0, 0];
        for (let i = 0; i < g.length; i++) {
          sum += g[i]!;
          along += g[i]! * normal[i]!;
          magnitude += Math.abs(g[i]! * normal[i]!);
        }
        close(total!, sum, 6 * unit * g.reduce((all, v) => all + Math.abs(v), 0), "gradient of the shift");
        close(alongX!, along, 6 * unit * magnitude, "gradient of the scale");
      });
    }

  test(`${engine.backend}: 300 steps at a mean of 1,000 deviations, 64x64`, () => {
    const shape = [1, 64, 64, 1];
    const { step, parameter } = alone(batchNorm("norm"), shape, engine);
    const steps = engine.name === "reference" ? 30 : 300;
    const tensors = Array.from({ length: 4 }, (_, i) => around(1000, shape, `tensor ${i}`));
    let y: Float32Array = new Float32Array();
    for (let n = 0; n < steps; n++) y = step(tensors[n % 4]!).y;
    const { mean, variance } = momentsOf(elements(tensors[(steps - 1) % 4]!));
    allClose(
      y,
      elements(tensors[(steps - 1) % 4]!).map((v) => (v - mean) / Math.sqrt(variance + 1e-5)),
      16 * unit,
    );
    const settled = 1 - 0.9 ** steps;
    close(parameter("norm/mean")[0]!, 1000 * settled, 0.1, "running mean");
    close(parameter("norm/variance")[0]!, 1, 0.1, "running variance");
  });

  test(`${engine.backend}: the gradient of a bias, and SQNR`, () => {
    for (const side of [8, 224]) {
      const shape = [2, side, side, 1];
      const { step } = alone(conv2d("conv", { outChannels: 1, kernel: 1, bias: true }), shape, engine);
      const { activation } = step(gaussian(shape, "x"));
      const dy = around(1000, shape, "dy");
      const found = gradientAt(pulledBack(activation, dy), "conv/bias");
      let sum = 0;
      for (const g of elements(dy)) sum += g;
      assert.ok(Math.abs(found / sum - 1) < 4 * unit, `${found}, expected ${sum}`);

      const [x, xq] = [around(1000, shape, "x"), around(1000, shape, "xq")];
      let [power, noise] = [0, 0];
      elements(x).forEach((v, i) => {
        power += v * v;
        noise += (v - elements(xq)[i]!) ** 2;
      });
      const measured = expectSync(drive(sqnr(openTape(engine, false), ofTensor(x), ofTensor(xq))));
      close(measured, 10 * Math.log10(power / noise), 1e-5, "dB");
    }
  });
}

test.run();
