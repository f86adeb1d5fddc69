/** @file What is refused when a network is built: what is no module, and names that two of its parts have. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchNorm } from "../../../operators/layers/batchNorm.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { clip, relu } from "../../../operators/layers/relu.ts";
import { residual } from "../../../operators/layers/residual.ts";
import { scaled } from "../../../operators/layers/scaled.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { build, scopeFor } from "../../../operators/module/build.ts";
import type { Module } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { quantizeNetwork } from "../../../operators/sites/quantizeNetwork.ts";
import { layer } from "../../../operators/step/op.ts";
import { optimizer } from "../../../operators/training/optimizer.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { sgd } from "../../../operators/training/sgd.ts";
import { lsq } from "../../../quantizers/learned/lsq.ts";
import { row } from "../../support/tensors.ts";
import { batch, opened, testScope } from "../../support/testScope.ts";

const test = suite("wrong modules");

/** The sentences with which a network is refused. */
const refusal = (network: Module): readonly string[] => {
  try {
    build(network, scopeFor({ engine: testScope().engine, shape: [8, 8, 2] }));
  } catch (error) {
    return (error as Error).message.split("\n");
  }
  return [];
};

const none = undefined as unknown as Module;
const uncalled = relu as unknown as Module;

test("a function that makes a module is none", () =>
  assert.equal(refusal(sequential(relu(), uncalled)), [
    'network: module 2 of sequential is a function that makes a module, expected a module; relu() is one, relu is not; nor is quantized(conv2d) without its ("conv1", { .. }).',
  ]));

test("what is no module is refused wherever one is built", () => {
  const found = (what: string): string[] => [
    `network: ${what} is undefined, expected a module; relu() is one, relu is not; nor is quantized(conv2d) without its ("conv1", { .. }).`,
  ];
  assert.equal(refusal(none), found("what is to be built"));
  assert.equal(refusal(sequential(none)), found("module 1 of sequential"));
  assert.equal(refusal(residual(relu(), null as unknown as Module)), [
    'network: branch 2 is null, expected a module; relu() is one, relu is not; nor is quantized(conv2d) without its ("conv1", { .. }).',
  ]);
  assert.equal(refusal(quantizeNetwork(none, [])), found("the network"));
  assert.equal(refusal((() => 5) as unknown as Module), [
    'network: what is to be built is a function that gives 5, expected a module; relu() is one, relu is not; nor is quantized(conv2d) without its ("conv1", { .. }).',
  ]);
});

test("a layer whose author gives no functions is refused by name", () => {
  const own = (planned: unknown): Module => layer("own", () => planned as never);
  for (const [planned, text] of [
    [undefined, "undefined"],
    [{}, "{}"],
    [{ forward: () => {} }, "{}"],
    [{ open: 5 }, '{"open":5}'],
  ])
    assert.equal(refusal(own(planned)), [
      `own: make gives ${text}, expected an object with the functions forward and backward, or with open, or a problem.`,
    ]);
});

test("a layer with parameters has a name", () => {
  const expected = "expected a name for every layer with parameters; give it one as its first argument.";
  assert.equal(refusal(batchNorm("")), [
    `network: a layer without a name that has the parameter scale, ${expected}`,
  ]);
  assert.equal(refusal(conv2d("", { outChannels: 4, kernel: 3 })), [
    `network: a layer without a name that has the parameter weight, ${expected}`,
  ]);
});

const name = "expected a unique name for every layer";

test("two sites of one path are refused, whether their ranges are learned or not", () => {
  const twice = (rules: Parameters<typeof quantizeNetwork>[1]): readonly string[] =>
    refusal(quantizeNetwork(sequential(quantize({ activation: "a" }), quantize({ activation: "a" })), rules));
  const found = [`a: a second site of this path, ${name} and site.`];
  assert.equal(twice([{ activation: { bits: 4 } }]), found);
  assert.equal(twice([{ activation: { bits: 4, quantizer: lsq() } }]), found);
  assert.equal(refusal(quantize({ activation: "a", gradient: "a" })), found);
});

test("two layers of one name are refused with everything that they share", () => {
  const conv = quantized(conv2d)("c", { outChannels: 2, kernel: 3 });
  assert.equal(refusal(sequential(conv, conv)), [
    `c/input: a second site of this path, ${name} and site.`,
    `c: a second layer of this name, ${name}.`,
    `c/gradient: a second site of this path, ${name} and site.`,
  ]);
});

test("ends that enclose nothing, and factors that are no number, are refused", () => {
  for (const [from, to] of [
    [1, -1],
    [0, 0],
    [Number.NaN, 1],
  ] as const)
    assert.equal(refusal(clip(from, to)), [
      `clip: bounds of ${from} and ${to}, expected two numbers, the lower one first.`,
    ]);
  assert.equal(refusal(scaled(Number.NaN)), ["scaled: a factor of NaN, expected a finite number."]);
});

test("rates and rules that are none are refused, and a rate that is no number ends its step", () => {
  const ending = (end: Module): readonly string[] =>
    refusal(sequential(dense("d", { units: 3 }), crossEntropy(), end));
  assert.equal(ending(sgd({ rate: 0.1 as never })), [
    "optimizer: a rate of 0.1, expected a function of the step; constantRate(0.1) is one.",
  ]);
  assert.equal(ending(sgd({ rate: constantRate(0.1), weightDecay: Number.NaN })), [
    "optimizer: a weight decay of NaN, expected a finite number.",
  ]);
  assert.equal(ending(sgd({ rate: constantRate(0.1), quantizerRate: 0.1 as never })), [
    "optimizer: a quantizer rate of 0.1, expected a function of the step; constantRate(0.1) is one.",
  ]);
  assert.equal(ending(optimizer(undefined as never, { rate: constantRate(0.1) })), [
    "optimizer: an update rule of undefined, expected a function; hostRule makes one.",
  ]);
  const step = (end: Module) => () => {
    const scope = testScope({ shape: [1, 1, 2] });
    const { layer } = build(sequential(dense("d", { units: 2 }), crossEntropy(), end), scope);
    opened(layer)(batch(row(1, 2), { target: Int32Array.of(0) }));
  };
  assert.throws(
    step(sgd({ rate: () => Number.NaN })),
    /^optimizer, step 0: a learning rate of NaN, expected a finite number; look at its schedule/,
  );
  assert.throws(
    step(sgd({ rate: constantRate(0.1), scaling: () => () => Number.NaN })),
    /^optimizer, step 0, d\/(weight|bias): a factor on the learning rate of NaN, expected a finite number/,
  );
});

test("two optimizers are refused", () => {
  const end = sgd({ rate: constantRate(0.1) });
  assert.equal(refusal(sequential(dense("d", { units: 3 }), crossEntropy(), end, end)), [
    `d/weight/velocity: a second parameter of this path, ${name}; build each network in a scope of its own, with one optimizer at its end.`,
  ]);
});

test.run();
