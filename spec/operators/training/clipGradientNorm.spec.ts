/** @file Gradients of a bounded norm: over all parameters together, with the same bits on every engine. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import type { ParameterGradient } from "../../../core/signal.ts";
import { drive } from "../../../operators/step/task.ts";
import { clipGradientNorm } from "../../../operators/training/clipGradientNorm.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { sgd } from "../../../operators/training/sgd.ts";
import { allClose } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { gaussian } from "../../support/tensors.ts";
import { testScope } from "../../support/testScope.ts";
import { updating } from "../../support/updating.ts";

const test = suite("clipGradientNorm");

/** Gradients after clipping, each as plain numbers. */
const clipped = (
  gradients: readonly (readonly number[])[],
  most: number,
  engine = reference(),
): readonly Float32Array[] => {
  const signals = gradients.map(
    (values, i): ParameterGradient => ({
      ...{ _tag: "ParameterGradient", step: 0 },
      parameter: { path: `p${i}`, kind: "weight", value: engine.allocate([values.length]) },
      gradient: engine.upload(Float32Array.from(values), [1, 1, 1, values.length]),
    }),
  );
  const result = drive(clipGradientNorm(engine, signals, most)) as readonly ParameterGradient[];
  assert.equal(
    result.map(({ parameter }) => parameter.path),
    signals.map(({ parameter }) => parameter.path),
  );
  return result.map(({ gradient }) => elements(gradient));
};

test("the norm is that of all parameters together; a smaller one leaves every bit", () => {
  // sqrt(3^2 + 4^2 + 12^2) is 13.
  const gradients = [[3, -4], [12]];
  const factor = Math.fround(6.5 / 13.000001);
  assert.equal(
    clipped(gradients, 6.5).map((values) => [...values]),
    [[Math.fround(3 * factor), Math.fround(-4 * factor)], [Math.fround(12 * factor)]],
  );
  for (const most of [13.1, 1e9])
    assert.equal(
      clipped(gradients, most).map((values) => [...values]),
      gradients,
    );
});

test("what is not finite does what it does in PyTorch", () => {
  const of = (broken: number) => clipped([[3, broken], [12]], 1).map((values) => [...values]);
  const { NaN: none, POSITIVE_INFINITY: infinite } = Number;
  assert.equal(of(none), [[none, none], [none]]);
  assert.equal(of(infinite), [[0, none], [0]]);
});

test("the engines give the same bits", () => {
  const gradients = [7, 64, 1000].map((size) => [...elements(gaussian([1, 1, 1, size], `of ${size}`))]);
  const norm = Math.sqrt(gradients.flat().reduce((sum, x) => sum + x * x, 0));
  const [plain, fast] = [reference(), simd()].map((engine) => clipped(gradients, 0.3 * norm, engine));
  assert.equal(fast, plain);
  const after = Math.sqrt(plain!.flatMap((values) => [...values]).reduce((sum, x) => sum + x * x, 0));
  allClose([after], [0.3 * norm], 1e-5 * norm);
});

test("gradient descent moves by the bound at most; decay is added to the clipped gradient", () => {
  const scope = testScope();
  const { value } = scope.parameters.create("x", "weight", [2], (values) => values.set([1, 1]));
  const step = updating(sgd({ rate: constantRate(1), weightDecay: 0.5, maxGradientNorm: 1 }), scope);
  step(0, [300, -400]);
  allClose(elements(value), [1 - 0.6 - 0.5, 1 + 0.8 - 0.5], 1e-6);
});

test("a bound that is no positive number is refused", () => {
  for (const most of [0, -1, Number.NaN, "1"])
    assert.throws(
      () => updating(sgd({ rate: constantRate(1), maxGradientNorm: most as never }), testScope()),
      /largest gradient norm of .+, expected a positive number/,
    );
});

test.run();
