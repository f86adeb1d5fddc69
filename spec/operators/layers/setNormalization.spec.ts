/** @file Group and layer normalization against PyTorch's: `spec/golden/normalizations.json`; in evaluation, for large means, and what is refused. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { tensor } from "../../../core/tensor.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { groupNorm } from "../../../operators/layers/groupNorm.ts";
import { layerNorm } from "../../../operators/layers/layerNorm.ts";
import type { Module } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { checkGradients } from "../../../operators/training/checkGradients.ts";
import { allClose } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { golden, goldenCodes, isPrintedByPyTorch } from "../../support/golden.ts";
import { stepped } from "../../support/stepped.ts";
import { gaussian } from "../../support/tensors.ts";
import {
  batch,
  built,
  gradientsOf,
  numbers,
  opened,
  outcome,
  refusals,
  testScope,
} from "../../support/testScope.ts";

interface Golden {
  readonly kind: "groupNorm" | "layerNorm";
  readonly groups: number;
  readonly y: readonly number[];
  readonly dx: readonly number[];
  readonly scale: readonly number[];
  readonly shift: readonly number[];
}

const test = suite("group and layer normalization");
const shape = [2, 3, 4, 6] as const;
const size = 2 * 3 * 4 * 6;

/** Numbers of the script: codes in steps of 1/64. */
const coded = (count: number, seed: number, more = 0): Float32Array =>
  Float32Array.from(goldenCodes(count, seed), (code) => code / 64 + more);
const x = tensor(coded(size, 1, 3), shape);
const dy = tensor(coded(size, 2), shape);

/** A normalization that starts with the scales and shifts of the script. */
const starting =
  (module: Module): Module =>
  (scope) => {
    const made = module(scope);
    for (const { path, value } of scope.parameters.list())
      elements(value).set(coded(6, path.endsWith("/scale") ? 3 : 4));
    return made;
  };

for (const { kind, groups, ...expected } of golden("normalizations") as readonly Golden[])
  test(`${kind} with ${groups} groups is PyTorch's, and so are its gradients`, () => {
    const module = kind === "groupNorm" ? groupNorm("norm", { groups }) : layerNorm("norm");
    const { y, dx, back } = stepped(starting(module), x, dy);
    allClose(numbers(y), expected.y, 2e-6, "y");
    allClose(numbers(dx), expected.dx, 2e-6, "dx");
    const gradients = gradientsOf(back).map(({ gradient }) => elements(gradient));
    allClose(gradients[0]!, expected.scale, 2e-5, "scale");
    allClose(gradients[1]!, expected.shift, 2e-5, "shift");
  });

isPrintedByPyTorch(test, "normalizations");

const modules = [groupNorm("norm", { groups: 2 }), groupNorm("norm", { groups: 1 }), layerNorm("norm")];

test("gradients are those of finite differences, on each engine and behind a convolution", () => {
  for (const engine of [reference(), simd()])
    for (const module of [
      ...modules,
      sequential(conv2d("conv", { outChannels: 4, kernel: 3 }), layerNorm("norm")),
    ])
      for (const { of, error } of checkGradients(module, { engine, shape: [3, 3, 4] }))
        assert.ok(error < 2e-3, `${of}: ${error}`);
});

test("evaluation computes what training does, sample by sample", () => {
  for (const module of modules) {
    const of = (samples: typeof x, training: boolean): Float32Array =>
      numbers(
        outcome(
          opened(built(starting(module), testScope({ shape: [3, 4, 6] })).layer)(
            batch(samples, { training }),
          ),
        ).x,
      );
    const both = of(x, true);
    assert.equal(of(x, false), both);
    const second = tensor(elements(x).slice(size / 2), [1, 3, 4, 6]);
    assert.equal(of(second, false), both.slice(size / 2));
  }
});

test("a large mean costs no digits of the spread", () => {
  const spread = elements(gaussian(shape, "spread"));
  // Steps of 1/8 are exact beside a million.
  const steps = spread.map((value) => Math.round(8 * value) / 8);
  const y = (values: Float32Array): Float32Array =>
    numbers(
      outcome(
        opened(built(layerNorm("norm"), testScope({ shape: [3, 4, 6] })).layer)(batch(tensor(values, shape))),
      ).x,
    );
  allClose(y(steps.map((value) => value + 1e6)), [...y(steps)], 1e-6);
});

test("groups that do not divide the channels, and sets of one element, are refused", () => {
  const scope = (...image: readonly number[]) => testScope({ shape: image });
  assert.equal(refusals(groupNorm("norm", { groups: 4 }), scope(3, 3, 6)), [
    "norm: 4 groups of 6 channels, expected a number that divides the channels.",
  ]);
  assert.equal(refusals(groupNorm("norm", {} as never), scope(3, 3, 6)), [
    "norm: undefined groups of 6 channels, expected a number that divides the channels.",
  ]);
  assert.match(
    refusals(groupNorm("norm", { groups: 6 }), scope(1, 1, 6)).join(),
    /a single element in each group/,
  );
  assert.match(refusals(layerNorm("norm"), scope(3, 3, 1)).join(), /images of one channel/);
  assert.match(
    refusals(layerNorm("norm", { epsilon: -1 }), scope(3, 3, 2)).join(),
    /epsilon: -1, expected a number/,
  );
});

test.run();
