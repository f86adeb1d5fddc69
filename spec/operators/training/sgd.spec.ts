/** @file The optimizer against arithmetic in float32, and learning rates by step. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Activation, Learning, Parameter } from "../../../core/signal.ts";
import { type Tensor, tensor } from "../../../core/tensor.ts";
import { isTrained } from "../../../operators/module/parameters.ts";
import {
  constantRate,
  cosine,
  stepDecay,
  stepDecayAt,
  warmUp,
} from "../../../operators/training/schedule.ts";
import { type SgdOptions, sgd } from "../../../operators/training/sgd.ts";
import { allClose, close, sameBits } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { row } from "../../support/tensors.ts";
import { batch, built, only, opened, testScope } from "../../support/testScope.ts";

const test = suite("sgd and schedules");

const { fround } = Math;

const scopeWith = (...kinds: readonly Parameter["kind"][]) => {
  const scope = testScope();
  const parameters = kinds.map((kind) =>
    scope.parameters.create(`layer/${kind}`, kind, [3], (value) => value.set([1, -2, 0.3])),
  );
  return { scope, parameters };
};

const gradient = (step: number): Float32Array => Float32Array.from([0.1, -0.7, 3], (g) => g * (step + 1));

/** A batch at the end of a network whose pullback gives every parameter the same gradient. */
const batchFor = (parameters: readonly Parameter[], step: number): Activation =>
  batch(row(1), {
    step,
    pullback: (_, emit) => {
      for (const parameter of parameters.filter(isTrained))
        emit({ _tag: "ParameterGradient", step, parameter, gradient: tensor(gradient(step), [3]) });
    },
  });

/** The parameters after some steps, and what those steps emitted. */
const trained = (options: SgdOptions, steps: number, ...kinds: readonly Parameter["kind"][]) => {
  const { scope, parameters } = scopeWith(...kinds);
  const run = opened(built(sgd(options), scope).layer);
  const signals = Array.from({ length: steps }, (_, step) => run(batchFor(parameters, step)));
  return {
    values: parameters.map(({ value }) => elements(value)),
    signals,
    parameters: scope.parameters.list(),
  };
};

/** The formula in float32, a rounding after each operation. */
const expected = (
  { rate, momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions,
  steps: number,
): Float32Array => {
  const [p, v] = [Float32Array.of(1, -2, 0.3), new Float32Array(3)];
  for (let step = 0; step < steps; step++)
    for (let i = 0; i < 3; i++) {
      const g = fround(gradient(step)[i]! + fround(fround(weightDecay) * p[i]!));
      v[i] = fround(fround(momentum) * v[i]!) + g;
      const direction = nesterov ? fround(g + fround(fround(momentum) * v[i]!)) : v[i]!;
      p[i] = p[i]! - fround(fround(rate(step)) * direction);
    }
  return p;
};

for (const [name, options] of [
  ["plain", {}],
  ["with momentum", { momentum: 0.9 }],
  ["with Nesterov's momentum", { momentum: 0.9, nesterov: true }],
  ["with weight decay", { weightDecay: 5e-4 }],
  [
    "with everything and a falling rate",
    { momentum: 0.9, nesterov: true, weightDecay: 0.01, rate: cosine(0.1, { steps: 5 }) },
  ],
] as const)
  test(`${name}: five steps are the formula's, to the bit`, () => {
    const all: SgdOptions = { rate: constantRate(0.1), ...options };
    sameBits(trained(all, 5, "weight").values[0]!, expected(all, 5), "weight");
  });

// Made with PyTorch 2.13: torch.optim.SGD(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01), the gradients above, 3 steps.
test("three steps with everything are PyTorch's", () => {
  const options: SgdOptions = { rate: constantRate(0.1), momentum: 0.9, nesterov: true, weightDecay: 0.01 };
  allClose(trained(options, 3, "weight").values[0]!, [0.84655, -0.9660255, -4.064857], 1e-6);
});

test("weights decay, biases and normalizations do not, unless one says so", () => {
  const options: SgdOptions = { rate: constantRate(0.1), weightDecay: 0.1 };
  const [weight, bias, normalization] = trained(options, 2, "weight", "bias", "normalization").values;
  const undecayed = expected({ ...options, weightDecay: 0 }, 2);
  sameBits(weight!, expected(options, 2), "weight");
  sameBits(bias!, undecayed, "bias");
  sameBits(normalization!, undecayed, "normalization");
  const all = trained({ ...options, decays: () => true }, 2, "weight", "bias").values;
  sameBits(all[1]!, expected(options, 2), "bias");
});

test("statistics are not trained; every trained parameter has a velocity that a checkpoint keeps", () => {
  const { parameters } = trained({ rate: constantRate(0.1) }, 1, "weight", "statistic");
  assert.equal(
    parameters.map(({ path, kind }) => [path, kind]),
    [
      ["layer/weight", "weight"],
      ["layer/statistic", "statistic"],
      ["layer/weight/velocity", "velocity"],
    ],
  );
});

test("a step passes on its gradients, then Updated, then the activation, which goes no further back", () => {
  const { signals } = trained({ rate: cosine(0.2, { steps: 2 }) }, 2, "weight", "bias");
  for (const [step, rate] of [0.2, 0.1].entries()) {
    assert.equal(
      signals[step]!.map(({ _tag }) => _tag),
      ["ParameterGradient", "ParameterGradient", "Updated", "Activation"],
    );
    const [updated] = only("Updated")(signals[step]!);
    assert.equal([updated!.step, updated!.parameters], [step + 1, 2]);
    close(updated!.learningRate, rate, 1e-12);
  }
});

test("evaluation changes nothing", () => {
  const { scope, parameters } = scopeWith("weight");
  const run = opened(built(sgd({ rate: constantRate(0.1) }), scope).layer);
  const activation = { ...batchFor(parameters, 0), training: false };
  assert.equal(run(activation), [activation]);
  sameBits(elements(parameters[0]!.value), Float32Array.of(1, -2, 0.3));
});

test("the gradient of the loss with respect to itself is 1", () => {
  const { scope } = scopeWith("weight");
  const run = opened(built(sgd({ rate: constantRate(0.1) }), scope).layer);
  let given: readonly number[] = [];
  run(
    batch(row(1), {
      pullback: (dy) => {
        given = [...elements((dy.source as { readonly x: Tensor }).x)];
      },
    }),
  );
  assert.equal(given, [1]);
});

test("schedules: constant, steps, half a cosine, and a linear start", () => {
  const at = (schedule: (step: number) => number, ...steps: readonly number[]) => steps.map(schedule);
  assert.equal(at(constantRate(0.3), 0, 1000), [0.3, 0.3]);
  allClose(at(stepDecay(1, { at: [10, 20] }), 0, 9, 10, 19, 20, 99), [1, 1, 0.1, 0.1, 0.01, 0.01], 1e-12);
  allClose(at(stepDecay(1, { at: [5], factor: 0.5 }), 4, 5), [1, 0.5], 1e-12);
  allClose(at(cosine(1, { steps: 100 }), 0, 50, 100, 1000), [1, 0.5, 0, 0], 1e-12);
  allClose(
    at(cosine(1, { steps: 4, last: 0.5 }), 0, 1, 2, 4),
    [1, 0.5 + (1 + Math.SQRT1_2) / 4, 0.75, 0.5],
    1e-12,
  );
  allClose(at(warmUp(4, constantRate(1)), 0, 1, 2, 3, 4, 99), [0.25, 0.5, 0.75, 1, 1, 1], 1e-12);
  allClose(at(warmUp(0, constantRate(1)), 0, 1), [1, 1], 1e-12);
  const shares = stepDecayAt(1, { shares: [0.5, 0.57] });
  allClose(
    [49, 50, 56, 57].map((step) => shares(step, 100)),
    [1, 0.1, 0.1, 0.01],
    1e-12,
  );
});

test("schedules refuse what is no rate, no step and no share of a run", () => {
  const refused: readonly (readonly [make: () => unknown, expected: RegExp])[] = [
    [
      () => stepDecayAt(1, { shares: [50, 75] }),
      /^stepDecayAt, shares: .*, expected an array, each element a number between 0 and 1/,
    ],
    [
      () => stepDecayAt(-1, { shares: [0.5] }),
      /^stepDecayAt, rate: -1, expected a number that is not negative/,
    ],
    [
      () => stepDecay(1, { at: [Number.NaN] }),
      /^stepDecay, at: .*, expected an array, each element a number/,
    ],
    [() => stepDecay(1, { at: [5], factor: 0 }), /^stepDecay, factor: 0, expected a positive number/],
    [() => warmUp(-1, constantRate(1)), /^warmUp, steps: -1, expected a number that is not negative/],
  ];
  for (const [make, expected] of refused) assert.throws(make, expected);
});

/** Constraint that stops the last of the values below at the second update. */
const keep = (value: number): number => (value > -1 && value < -0.5 ? -1 : value);

/** Three numbers of a quantizer after two steps. */
const learnedBy = (learning: Learning, options: Partial<SgdOptions>) => {
  const scope = testScope();
  const fill = (value: Float32Array): void => value.set([1, -2, 0.3]);
  const parameter = scope.parameters.create("x/step", "quantizer", [3], fill, learning);
  const run = opened(built(sgd({ rate: constantRate(0.1), weightDecay: 0.5, ...options }), scope).layer);
  for (const step of [0, 1]) run(batchFor([parameter], step));
  return elements(parameter.value);
};

test("parameters of quantizers descend as weights do, decay if their method says so, and are kept where it says", () => {
  const [still, decayed] = [0, 0.5].map((weightDecay) =>
    expected({ rate: constantRate(0.1), weightDecay }, 2),
  );
  assert.is(still!.map(keep)[2], -1);
  sameBits(learnedBy({ optimizer: "network", decays: false, keep }, {}), still!.map(keep));
  sameBits(learnedBy({ optimizer: "network", decays: true, keep }, {}), decayed!.map(keep));
  const own = expected({ rate: constantRate(0.01) }, 2);
  sameBits(
    learnedBy({ optimizer: "network", decays: false, keep }, { quantizerRate: constantRate(0.01) }),
    own.map(keep),
  );
});

test("those that want Adam move by about their rate, 1e-5 unless told otherwise", () => {
  const wanting: Learning = { optimizer: "adam", decays: false, keep: (value) => value };
  allClose(learnedBy(wanting, {}), [1 - 2e-5, -2 + 2e-5, 0.3 - 2e-5], 1.3e-6);
  allClose(learnedBy(wanting, { quantizerRate: constantRate(0.01) }), [0.98, -1.98, 0.28], 1.3e-3);
});

test.run();
