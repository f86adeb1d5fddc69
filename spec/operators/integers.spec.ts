/** @file Quantized layers: products of integers, where quantizers stand, and weights with a scale for each channel. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Expr } from "../../core/expr.ts";
import { conv2d } from "../../operators/layers/conv2d.ts";
import { dense } from "../../operators/layers/dense.ts";
import type { Module } from "../../operators/module/module.ts";
import { quantize } from "../../operators/sites/quantize.ts";
import { quantized } from "../../operators/sites/quantized.ts";
import { fixed } from "../../quantizers/estimators/fixed.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { allClose, sameBits } from "../support/close.ts";
import { elements } from "../support/elements.ts";
import { stepped } from "../support/stepped.ts";
import { enumerated } from "../support/taps.ts";
import { filled, gaussian, integers, row } from "../support/tensors.ts";
import {
  batch,
  built,
  gradientsOf,
  numbers,
  opened,
  outcome,
  pulledBack,
  quantizing,
  seenOf,
  testScope,
} from "../support/testScope.ts";

const test = suite("integer layers");

const conv = { outChannels: 3, kernel: 3, padding: 1, stride: 2 };
const shape = {
  kernelHeight: 3,
  kernelWidth: 3,
  stride: 2,
  padding: 1,
  groups: 1,
  inChannels: 2,
  outChannels: 3,
};

test("a fully quantized convolution has the bits of its dequantized codes, all three products", () => {
  // Whole numbers and a range of 255 steps of 1: codes are exact, so the products are those of the numbers themselves.
  const ranges = quantizing(fixed({ lo: -127, hi: 128 }), { scheme: "affine", rounding: "nearest" });
  const x = integers([2, 5, 5, 2], "x", 100);
  const dy = integers([2, 3, 3, 3], "dy", 100);
  const weights = integers([3, 3, 3, 2], "w", 100);
  const module = quantized(conv2d)("conv", conv);
  const { y, dx, back, signals } = stepped(module, x, dy, { quantizer: ranges }, elements(weights));
  const expected = enumerated(shape, x.shape, { x: elements(x), w: elements(weights), dy: elements(dy) });
  sameBits(numbers(y), Float32Array.from(expected.y), "y");
  sameBits(numbers(dx), Float32Array.from(expected.dx), "dx");
  sameBits(elements(gradientsOf(back)[0]!.gradient), Float32Array.from(expected.dw), "dw");
  assert.equal(
    seenOf(signals).map(({ site }) => site),
    ["conv/input", "conv/weight"],
  );
  assert.equal(
    seenOf(back).map(({ site }) => site),
    ["conv/gradient"],
  );
});

/** The tags of the operands of the product behind an expression. */
const product = ({ source }: Expr): string => {
  if (source._tag !== "Product") return source._tag;
  const { product: p } = source;
  return p._tag === "Forward"
    ? `${p.x._tag} ${p.w._tag}`
    : p._tag === "BackwardInput"
      ? `${p.dy._tag} ${p.w._tag}`
      : "";
};

test("the products are products of integers exactly where both sides are quantized", () => {
  const [x, dy] = [gaussian([2, 5, 5, 2], "x"), gaussian([2, 3, 3, 3], "dy")];
  const only8 = (...quantizedRoles: readonly string[]) => ({
    quantizer: (site: string, role: "weight" | "activation" | "gradient") =>
      quantizing(inHindsight(), quantizedRoles.includes(role) ? {} : { bits: 32 })(site, role),
  });
  const kinds = (...roles: readonly string[]) => {
    const { y, dx } = stepped(quantized(conv2d)("conv", conv), x, dy, only8(...roles));
    return [product(y), product(dx)];
  };
  assert.equal(kinds("weight", "activation", "gradient"), ["Codes Codes", "Codes Codes"]);
  assert.equal(kinds("weight", "activation"), ["Codes Codes", "Dense Dense"]);
  assert.equal(kinds("activation", "gradient"), ["Dense Dense", "Dense Dense"]);
  assert.equal(kinds("weight", "gradient"), ["Dense Dense", "Codes Codes"]);
  assert.equal(kinds(), ["Dense Dense", "Dense Dense"]);
});

test("8-bit products stay near the float ones, 2-bit products do not", () => {
  const [x, dy] = [gaussian([2, 5, 5, 2], "x"), gaussian([2, 3, 3, 3], "dy")];
  const at = (bits: number) =>
    stepped(quantized(conv2d)("conv", conv), x, dy, { quantizer: quantizing(inHindsight(), { bits }) });
  const error = (a: Float32Array, b: Float32Array): number =>
    Math.sqrt(a.reduce((s, v, i) => s + (v - b[i]!) ** 2, 0) / b.reduce((s, v) => s + v * v, 0));
  const float = at(32);
  for (const what of ["y", "dx"] as const) {
    assert.ok(error(numbers(at(8)[what]), numbers(float[what])) < 0.03);
    assert.ok(error(numbers(at(2)[what]), numbers(float[what])) > 0.1);
  }
});

test("no gradient passes where a quantizer clipped, neither to the activation nor to the weight", () => {
  const quantizer = quantizing(fixed({ lo: -1, hi: 1 }), { scheme: "symmetric", rounding: "nearest" });
  const x = row(-3, -0.5, 0.5, 3);
  const through = stepped(quantize({ activation: "x" }), x, row(1, 2, 3, 4), { quantizer });
  assert.equal([...numbers(through.dx)], [0, 2, 3, 0]);
  const weights = [-3, -0.5, 0.5, 3];
  const wide = stepped(dense("dense", { units: 1 }), row(1, 1, 1, 1), row(1), { quantizer }, weights);
  const dw = elements(gradientsOf(wide.back)[0]!.gradient);
  assert.equal([...dw], [0, 1, 1, 0]);
});

test("gradients are quantized on their way back, stochastically and differently in every step", () => {
  const dy = gaussian([1, 4, 4, 2], "dy");
  const scope = testScope({
    shape: [4, 4, 2],
    quantizer: quantizing(fixed({ lo: -3, hi: 3 }), { bits: 4, rounding: "stochastic" }),
  });
  const run = opened(built(quantize({ gradient: "gradient" }), scope).layer);
  const backAt = (step: number): Float32Array => {
    let dx: Expr | undefined;
    const pullback = (gradient: Expr) => {
      dx = gradient;
    };
    pulledBack(outcome(run(batch(dy, { step, pullback }))), dy);
    return numbers(dx as unknown as Expr);
  };
  const [one, two, again] = [backAt(1), backAt(2), backAt(1)];
  assert.not.equal(one, two);
  assert.equal(one, again);
  allClose(one, elements(dy), 6 / 15 + 1e-6);
});

const perChannel = (estimator = inHindsight(), options = {}) =>
  quantizing(estimator, { granularity: "channel", ...options });
const channelScope = (overrides: Parameters<typeof testScope>[0] = {}) => ({
  quantizer: (site: string, role: "weight" | "activation" | "gradient") =>
    role === "weight" ? perChannel()(site, role) : quantizing(inHindsight())(site, role),
  ...overrides,
});

/** Weights of three output channels, each a hundred times as large as the one before. */
const uneven = filled(
  [3, 3, 3, 2],
  (i) => elements(gaussian([3, 3, 3, 2], "w"))[i]! * 100 ** Math.floor(i / 18),
);
test("weights with a scale for each channel have a site for each, and keep small channels alive", () => {
  const [x, dy] = [gaussian([2, 5, 5, 2], "x"), gaussian([2, 3, 3, 3], "dy")];
  const after = (module: Module, overrides = {}) => stepped(module, x, dy, overrides, elements(uneven));
  const float = numbers(after(conv2d("conv", conv)).y);
  const one = after(quantized(conv2d)("conv", conv), { quantizer: quantizing(inHindsight()) });
  const each = after(quantized(conv2d)("conv", conv), channelScope());
  assert.equal(
    seenOf(each.signals).map(({ site }) => site),
    ["conv/input", "conv/weight/0", "conv/weight/1", "conv/weight/2"],
  );
  const errorOf = (y: Float32Array, channel: number): number => {
    const of = (values: Float32Array): readonly number[] => [...values].filter((_, i) => i % 3 === channel);
    const [a, b] = [of(y), of(float)];
    return Math.sqrt(a.reduce((s, v, i) => s + (v - b[i]!) ** 2, 0) / b.reduce((s, v) => s + v * v, 0));
  };
  assert.ok(errorOf(numbers(one.y), 0) > 0.5, "one scale: the smallest channel is lost");
  for (const channel of [0, 1, 2]) assert.ok(errorOf(numbers(each.y), channel) < 0.03);
});

test("a channel whose weights are all zero takes nothing from the gradient of the others", () => {
  const [x, dy] = [gaussian([2, 5, 5, 2], "x"), gaussian([2, 3, 3, 3], "dy")];
  const weights = elements(gaussian([3, 3, 3, 2], "w", 0.1)).fill(0, 0, 18);
  const float = numbers(stepped(conv2d("conv", conv), x, dy, {}, weights).dx);
  const { dx } = stepped(quantized(conv2d)("conv", conv), x, dy, channelScope(), weights);
  const error = Math.sqrt(
    numbers(dx).reduce((s, v, i) => s + (v - float[i]!) ** 2, 0) / float.reduce((s, v) => s + v * v, 0),
  );
  assert.ok(error < 0.05, `${error}`);
});

test("no gradient passes to a weight that was clipped in its channel", () => {
  const quantizer = quantizing(fixed({ lo: -1, hi: 1 }), { scheme: "symmetric", rounding: "nearest" });
  const perChannelWeights: typeof quantizer = (site, role) => ({
    ...quantizer(site, role),
    granularity: role === "weight" ? "channel" : "tensor",
  });
  const { back } = stepped(
    dense("dense", { units: 2 }),
    row(1, 1),
    row(1, 1),
    { quantizer: perChannelWeights },
    [-3, 0.5, 0.5, 0.7],
  );
  assert.equal([...elements(gradientsOf(back)[0]!.gradient)], [0, 1, 1, 1]);
});

test("the channels of a weight site are quantized as the site is, whatever patterns say of their longer names", () => {
  const x = gaussian([2, 5, 5, 2], "x");
  const quantizer = (site: string, role: "weight" | "activation" | "gradient") =>
    site === "conv/weight"
      ? perChannel(inHindsight(), { bits: 3, scheme: "symmetric" })(site, role)
      : quantizing(inHindsight())(site, role);
  const { y } = stepped(quantized(conv2d)("conv", conv), x, gaussian([2, 3, 3, 3], "dy"), { quantizer });
  const p = y.source._tag === "Product" && y.source.product._tag === "Forward" && y.source.product.w;
  assert.ok(p && p._tag === "Codes" && p.q.params.bits === 3);
  assert.ok(p && p._tag === "Codes" && elements(p.q.codes).every((code) => Math.abs(code) <= 3));
});

test.run();
