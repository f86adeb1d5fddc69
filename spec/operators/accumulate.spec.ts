import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Accumulator } from "../../core/accumulator.ts";
import type { Overflow } from "../../core/signal.ts";
import { elements, tensor } from "../../core/tensor.ts";
import { dense } from "../../operators/dense.ts";
import { quantized } from "../../operators/quantized.ts";
import { fixed } from "../../quantizers/fixed.ts";
import {
  batch,
  built,
  numbers,
  only,
  opened,
  outcome,
  pulledBack,
  quantizing,
  testScope,
} from "../support/testScope.ts";

const test = suite("narrow accumulators");

/** Four products of 127 * 127: 64516, which 16 bits cannot hold. */
const run = (accumulator: Accumulator | undefined) => {
  const quantizer = quantizing(fixed({ lo: -127, hi: 127 }), { scheme: "symmetric" });
  const scope = testScope({ shape: [1, 1, 4], accumulator, quantizer });
  const network = built(quantized(dense)("dense", { units: 1 }), scope);
  const weight = scope.parameters.list().find(({ path }) => path === "dense/weight")!;
  elements(weight.value).fill(127);
  const signals = opened(network.layer)(batch(tensor(new Float32Array(4).fill(127), [1, 1, 1, 4])));
  const out = outcome(signals);
  const back = pulledBack(out, tensor(Float32Array.of(127), [1, 1, 1, 1]));
  return { y: numbers(out.x)[0], overflows: only("Overflow")([...signals, ...back]) };
};

const told = ({ product, overflows, sums }: Overflow) => `${product} ${overflows}/${sums}`;

test("sums are exact without one", () => {
  assert.equal(run(undefined), { y: 4 * 127 * 127, overflows: [] });
});

test("a narrow one wraps or saturates, and tells which sums did not fit", () => {
  const wrapped = run({ bits: 16, overflow: "wrap", backward: false });
  assert.is(wrapped.y, 4 * 127 * 127 - 65536);
  assert.equal(wrapped.overflows.map(told), ["Forward 1/1"]);
  assert.is(run({ bits: 16, overflow: "saturate", backward: false }).y, 32767);
});

test("backward products stay exact unless they are asked for", () => {
  const { overflows } = run({ bits: 12, overflow: "wrap", backward: true });
  assert.equal(overflows.map(told), ["Forward 1/1", "BackwardWeight 4/4", "BackwardInput 4/4"]);
  assert.ok(overflows.every(({ site, step }) => site === "dense" && step === 0));
});

test.run();
