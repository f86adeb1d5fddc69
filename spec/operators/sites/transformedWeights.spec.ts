/** @file Layers whose weights are bent before they are rounded: what they multiply, say, and give back. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { HostTensor, Tensor } from "../../../core/tensor.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import type { Module, Scope } from "../../../operators/module/module.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { histogramsAt } from "../../../operators/taps/histograms.ts";
import { dorefaWeights } from "../../../quantizers/dorefa.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { sat } from "../../../quantizers/learned/sat.ts";
import type { Quantizer } from "../../../quantizers/quantizer.ts";
import { allClose, close, sameBits } from "../../support/close.ts";
import { gradientsAgree } from "../../support/differences.ts";
import { elements } from "../../support/elements.ts";
import { filled, gaussian } from "../../support/tensors.ts";
import {
  batch,
  built,
  gradientsOf,
  metricsOf,
  numbers,
  only,
  opened,
  outcome,
  pulledBack,
  quantizing,
  refusals,
  seenOf,
  testScope,
} from "../../support/testScope.ts";

const test = suite("transformed weights");

const scopeOf = (options: Partial<Quantizer>, overrides: Partial<Scope> = {}): Scope =>
  testScope({ shape: [4, 4, 2], quantizer: quantizing(currentMinMax(), options), ...overrides });

const conv = conv2d("conv", { outChannels: 3, kernel: 3, padding: 1 });

const stepOf = (module: Module, scope: Scope, x: Tensor = gaussian([2, 4, 4, 2], "x")) => {
  const run = opened(built(module, scope).layer);
  const signals = run(batch(x));
  const weight = elements(scope.parameters.list().find(({ kind }) => kind === "weight")!.value);
  return { signals, out: outcome(signals), weight };
};

/** Brings to light one column of the weights that a dense layer multiplies. */
const one = (at: number): HostTensor => filled([1, 1, 1, 2], (i) => (i === at ? 1 : 0));

test("what is multiplied are the transformed weights, integers or not", () => {
  for (const [grid, bits] of [
    ["modified", 8],
    ["original", 8],
    ["original", 4],
    ["modified", 32],
  ] as const) {
    const transform = sat({ grid });
    const scope = scopeOf({ transform, bits }, { shape: [1, 1, 2] });
    const module = dense("dense", { units: 3, bias: false });
    for (const at of [0, 1]) {
      const { out, weight } = stepOf(module, { ...scope, parameters: testScope().parameters }, one(at));
      const all = transform.transform(weight, { bits, outputs: 3 }).values;
      allClose(
        numbers(out.x),
        [0, 1, 2].map((o) => all[2 * o + at]!),
        1e-6,
        `${grid} ${bits}`,
      );
    }
  }
});

test("n_out counts kernel positions of a convolution, and not those of a linear layer", () => {
  const deviation = (values: Float32Array): number => {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1));
  };
  for (const [module, outputs] of [
    [conv, 3 * 9],
    [conv2d("conv", { outChannels: 3, kernel: 4 }), 3],
    [dense("conv", { units: 5, bias: false }), 5],
  ] as const) {
    const scope = scopeOf({ transform: sat(), bits: 32 });
    const { weight } = stepOf(module, scope);
    const expected = sat().transform(weight, { bits: 32, outputs }).values;
    close(deviation(expected), 1 / Math.sqrt(outputs), 1e-6);
    const { signals } = stepOf(module, scopeOf({ transform: sat(), bits: 8 }));
    const [seen] = seenOf(signals);
    const made = sat().transform(weight, { bits: 8, outputs });
    assert.equal(seen!.range, made.range);
  }
});

test("each step says what was seen of the weights, waiting for them; in float32 and in evaluation nothing is said", () => {
  const scope = scopeOf({ transform: sat({ grid: "original" }), bits: 4 });
  const { signals, weight } = stepOf(conv, scope);
  const [seen, ...rest] = seenOf(signals);
  assert.is(rest.length, 0);
  const { role, site, estimator, isStatic, verdict, stat } = seen!;
  assert.equal(
    [role, site, estimator, isStatic, verdict],
    ["weight", "conv/weight", "quantizer sat", false, "observed"],
  );
  assert.equal([stat.min, stat.max], [Math.min(...weight), Math.max(...weight)]);
  assert.is(seenOf(stepOf(conv, scopeOf({ transform: sat(), bits: 32 })).signals).length, 0);
  const evaluated = opened(built(conv, scopeOf({ transform: sat() })).layer)(
    batch(gaussian([2, 4, 4, 2], "x"), { training: false }),
  );
  assert.equal([seenOf(evaluated).length, metricsOf(evaluated).length], [0, 0]);
});

test("weights that are all zero are a fault, and stay zero", () => {
  const scope = scopeOf({ transform: sat() });
  const run = opened(built(conv, scope).layer);
  elements(scope.parameters.list()[0]!.value).fill(0);
  const signals = run(batch(gaussian([2, 4, 4, 2], "x")));
  assert.equal(
    only("Fault")(signals).map(({ kind, site }) => [kind, site]),
    [["ZeroTensor", "conv/weight"]],
  );
  assert.ok(numbers(outcome(signals).x).every((y) => y === 0));
});

test("a histogram where one is wanted", () => {
  const [seen] = seenOf(
    stepOf(conv, scopeOf({ transform: sat() }, { hooks: [histogramsAt(() => true)] })).signals,
  );
  assert.is(
    seen!.histogram?.counts?.reduce((sum, count) => sum + count, 0),
    3 * 9 * 2,
  );
});

test("without a scale the gradient of bent weights is the slope of the layer", () => {
  gradientsAgree(conv, gaussian([2, 4, 4, 2], "x"), {
    quantizer: quantizing(currentMinMax(), { transform: sat({ rescale: "none" }), bits: 32 }),
  });
});

test("rounded, the gradient of the weights is that of the transform, given that of what was multiplied", () => {
  const scope = scopeOf({ transform: sat(), bits: 4 });
  const { out, weight } = stepOf(conv, scope);
  const dy = gaussian(out.x.shape, "dy");
  const [bent] = gradientsOf(pulledBack(out, dy));
  const plain = stepOf(conv, scopeOf({ bits: 32 }));
  const [dense] = gradientsOf(pulledBack(plain.out, dy));
  const expected = sat().transform(weight, { bits: 4, outputs: 27 }).pullback(elements(dense!.gradient)).dw;
  allClose(elements(bent!.gradient), expected, 1e-4);
});

test("float32 ends of DoReFa multiply the weights as they are, forward and backward", () => {
  const ofDorefa = stepOf(conv, scopeOf({ transform: dorefaWeights(), bits: 32 }));
  const plain = stepOf(conv, scopeOf({ bits: 32 }));
  sameBits(numbers(ofDorefa.out.x), numbers(plain.out.x));
  const dy = gaussian(plain.out.x.shape, "dy");
  const [bent, straight] = [ofDorefa, plain].map(({ out }) => gradientsOf(pulledBack(out, dy))[0]!);
  sameBits(elements(bent!.gradient), elements(straight!.gradient));
});

test("a transform where it cannot work is refused when the network is built", () => {
  assert.match(
    refusals(quantize({ activation: "x" }), scopeOf({ transform: sat() }))[0]!,
    /^x: the quantizer sat for activations, expected weights, all that it can quantize; /,
  );
  assert.match(
    refusals(conv, scopeOf({ transform: sat(), granularity: "channel" }))[0]!,
    /^conv\/weight: a range for each channel with the quantizer sat, expected one for the whole tensor, because that/,
  );
});

test.run();
