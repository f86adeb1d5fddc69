/** @file Learning rates against the deviation of gradients: the numbers of docs/methods.md section 1b, and what becomes of them in sgd. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Range } from "../../../core/range.ts";
import type { Parameter, RangeSeen } from "../../../core/signal.ts";
import { tensor } from "../../../core/tensor.ts";
import { dclrs, deviationFactor } from "../../../operators/training/dclrs.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { sgd } from "../../../operators/training/sgd.ts";
import { allClose } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { row } from "../../support/tensors.ts";
import { batch, built, opened, testScope } from "../../support/testScope.ts";

const test = suite("dclrs");

test("the factors of docs/methods.md", () =>
  allClose(
    [0, 0.01, 0.05, 0.2].map((deviation) => deviationFactor(deviation)),
    [1, 0.818731, 0.367879, 0.1],
    5e-7,
  ));

const seen = (site: string, deviation?: number, role: RangeSeen["role"] = "gradient"): RangeSeen => {
  const range: Range = { lo: -1, hi: 1, ...(deviation !== undefined && { aux: { deviation } }) };
  return {
    ...{ _tag: "RangeSeen", site, role, step: 0, estimator: "dsgc", verdict: "observed", range },
    ...{
      stat: { min: -1, max: 1, count: 1, nonFinite: 0 },
      isStatic: true,
      clipped: 0,
      bytesMoved: 0,
      bytesSaved: 0,
    },
  };
};

const signals = [
  seen("block/conv1/gradient", 0.01),
  seen("block/conv2/gradient", 0.05),
  seen("dense/gradient"),
  seen("block/conv1/input", 0.9, "activation"),
];

const parameter = (path: string): Parameter => ({
  path,
  kind: "weight",
  value: tensor(new Float32Array(3).fill(1), [3]),
});
const paths = ["block/conv1/weight", "block/conv2/bias", "dense/weight", "block/norm1/scale"];

test("each layer goes by its own gradient; those without a deviation keep their rate", () =>
  allClose(
    paths.map((path) => dclrs()(signals)(parameter(path))),
    [Math.exp(-0.2), Math.exp(-1), 1, 1],
    1e-12,
  ));

test("a layer with two copies of its gradient goes by the one for its weights, if that says a deviation", () => {
  const rate = (...sites: readonly RangeSeen[]): number => dclrs()(sites)(parameter("conv/weight"));
  const forInput = seen("conv/gradient", 0.05);
  allClose([rate(forInput, seen("conv/weightGradient", 0.01))], [Math.exp(-0.2)], 1e-12);
  allClose([rate(forInput, seen("conv/weightGradient"))], [Math.exp(-1)], 1e-12);
});

test("in a network of one rate all go by the mean of the gradient sites", () =>
  allClose(
    paths.map((path) => dclrs({ per: "network" })(signals)(parameter(path))),
    paths.map(() => Math.exp(-0.6)),
    1e-12,
  ));

test("where no site says a deviation, nothing changes", () => {
  for (const per of ["layer", "network"] as const)
    assert.is(dclrs({ per })([seen("dense/gradient")])(parameter("dense/weight")), 1);
});

test("alpha says how fast, beta how far", () => {
  const factor = (options: Parameters<typeof dclrs>[0]): number =>
    dclrs(options)(signals)(parameter("block/conv2/weight"));
  allClose([factor({ alpha: 10 }), factor({ beta: 0.5 })], [Math.exp(-0.5), 0.5], 1e-12);
});

test("sgd: the step of a layer is its factor times as large", () => {
  const scope = testScope();
  const made = paths.map((path) => scope.parameters.create(path, "weight", [3], (value) => value.fill(1)));
  const run = opened(built(sgd({ rate: constantRate(0.5), scaling: dclrs() }), scope).layer);
  run(
    batch(row(1), {
      pullback: (_, emit) => {
        for (const signal of signals) emit(signal);
        for (const one of made)
          emit({
            _tag: "ParameterGradient",
            step: 0,
            parameter: one,
            gradient: tensor(Float32Array.of(1, 1, 1), [3]),
          });
      },
    }),
  );
  const steps = made.map(({ value }) => 1 - elements(value)[0]!);
  allClose(steps, [0.5 * Math.exp(-0.2), 0.5 * Math.exp(-1), 0.5, 0.5], 1e-6);
});

test.run();
