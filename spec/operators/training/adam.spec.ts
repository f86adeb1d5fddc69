/** @file Adam and AdamW against PyTorch's, also with clipped gradients: `spec/golden/adam.json`; and what they remember. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Parameter } from "../../../core/signal.ts";
import { type AdamOptions, adam } from "../../../operators/training/adam.ts";
import { curvatureAt } from "../../../operators/training/adamMoments.ts";
import { adamW } from "../../../operators/training/adamW.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { sgd } from "../../../operators/training/sgd.ts";
import { allClose } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { golden, isPrintedByPyTorch } from "../../support/golden.ts";
import { testScope } from "../../support/testScope.ts";
import { updating } from "../../support/updating.ts";

interface Case {
  readonly rate: number;
  readonly momentum: number;
  readonly decay: number;
  /** Largest norm of a gradient. */
  readonly norm?: number;
  readonly values: readonly (readonly number[])[];
}

interface Golden {
  readonly gradients: readonly (readonly number[])[];
  readonly cases: readonly Case[];
  readonly clipped: readonly Case[];
  readonly decoupled: readonly Case[];
}

const { gradients, cases, clipped, decoupled } = golden("adam") as Golden;

const test = suite("adam");

/** A parameter [1, -2, 0.25] in a scope, and steps of Adam. */
const learning = (
  options: Partial<AdamOptions> = {},
  kind: Parameter["kind"] = "weight",
  make: typeof adam = adam,
) => {
  const scope = testScope();
  const { value } = scope.parameters.create("x", kind, [3], (values) => values.set([1, -2, 0.25]));
  return {
    scope,
    values: elements(value),
    step: updating(make({ rate: constantRate(0.01), ...options }), scope),
  };
};

const all = [
  ...[...cases, ...clipped].map((one) => ["Adam", adam, one] as const),
  ...decoupled.map((one) => ["AdamW", adamW, one] as const),
];

for (const [name, make, { rate, momentum, decay, norm, values }] of all)
  test(`six steps are those of PyTorch's ${name}: rate ${rate}, momentum ${momentum}, decay ${decay}, norm ${norm}`, () => {
    const clipping = norm === undefined ? {} : { maxGradientNorm: norm };
    const options = { rate: constantRate(rate), momentum, weightDecay: decay, ...clipping };
    const run = learning(options, "weight", make);
    gradients.forEach((gradient, n) => {
      run.step(n, gradient);
      allClose(run.values, values[n]!, 5e-7, `after step ${n}`);
    });
  });

test("the first step goes by its rate, whatever the gradient; biases do not decay", () => {
  const weight = learning();
  weight.step(0, [1e-3, -1e3, 1]);
  allClose(weight.values, [0.99, -1.99, 0.24], 1e-6);
  const bias = learning({ weightDecay: 100 }, "bias");
  bias.step(0, [1e-3, -1e3, 1]);
  assert.equal([...bias.values], [...weight.values]);
});

test("a step tells its gradient, then Updated; what is remembered is no learned parameter", () => {
  const { step, scope } = learning();
  assert.equal(
    step(0, [1, 1, 1]).map(({ _tag }) => _tag),
    ["ParameterGradient", "Updated", "Activation"],
  );
  assert.equal(
    scope.parameters.list().map(({ path, kind, value }) => [path, kind, value.size]),
    [
      ["x", "weight", 3],
      ["x/moments", "state", 7],
    ],
  );
});

test("curvatures: the root of the mean squared gradient, from the first update on, and with Adam only", () => {
  const { step, scope } = learning();
  assert.is(curvatureAt(scope.parameters, "x"), undefined);
  step(0, [2, -0.5, 0]);
  allClose(curvatureAt(scope.parameters, "x")!, [2, 0.5, 1e-8], 1e-6);
  step(1, [0, 0.5, 1]);
  allClose(curvatureAt(scope.parameters, "x")!, [Math.SQRT2, 0.5, Math.SQRT1_2], 1e-3);
  const other = testScope();
  other.parameters.create("x", "weight", [1], () => {});
  updating(sgd({ rate: constantRate(0.1) }), other)(0, [1]);
  assert.is(curvatureAt(other.parameters, "x"), undefined);
});

isPrintedByPyTorch(test, "adam");

test.run();
