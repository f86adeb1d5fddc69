/** @file CPQ with DropBits, which is reconstructed, not reproduced: its grid, what it learns, and odd weights. Gradients: learnedPytorch. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dense } from "../../../operators/layers/dense.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { cpq } from "../../../quantizers/learned/cpq.ts";
import { allClose, close, sameBits } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { given } from "../../support/projecting.ts";
import { gaussian } from "../../support/tensors.ts";
import {
  batch,
  built,
  gradientsOf,
  opened,
  outcome,
  pulledBack,
  quantizing,
  seenOf,
  testScope,
} from "../../support/testScope.ts";

const test = suite("cpq");

const layer = { bits: 4, outputs: 8 };
const some = Float32Array.from(elements(gaussian([1, 1, 1, 400], "cpq")));
const largest = Math.max(...some.map(Math.abs));

test("the first step is the largest weight over the outermost point, and weights fall onto the nearest one", () => {
  const { values, integers, range } = cpq().transform(some, layer);
  const a = integers!.params.scale[0]!;
  close(a, largest / 7, 1e-7);
  allClose(
    values,
    some.map((w) => a * Math.round(w / a)),
    1e-6,
  );
  sameBits(
    values,
    Float32Array.from(integers!.codes, (code) => a * code),
  );
  close(range.hi, largest, 1e-6);
  assert.is(range.lo, -range.hi);
});

test("with the same noise the same bits are dropped for all weights; two always stay", () => {
  const outermost = (...u: readonly number[]): number =>
    Math.max(
      ...cpq({ drop: 0.5 })
        .transform(some, { ...layer, noise: given(...u) })
        .integers!.codes.map(Math.abs),
    );
  assert.equal(
    [outermost(0.99, 0.99), outermost(0.99, 0.01), outermost(0.01, 0.99), outermost(0.01, 0.01)],
    [7, 3, 1, 1],
  );
});

test("weights that a point beyond the outermost one would have taken are counted as clipped", () => {
  const made = (...u: readonly number[]): number | undefined =>
    cpq({ drop: 0.5 }).transform(some, { ...layer, noise: given(...u) }).clipped;
  const beyond = (top: number): number =>
    some.filter((w) => Math.abs(w) > (top + 0.5) * (largest / 7)).length;
  assert.equal([made(0.99, 0.99), made(0.99, 0.01), made(0.01, 0.99)], [0, beyond(3), beyond(1)]);
  assert.ok(beyond(1) > beyond(3) && beyond(3) > 0);
});

test("in evaluation masks are those of no noise", () => {
  const learned = (...logits: number[]) => [Float32Array.of(largest / 7), Float32Array.from(logits)];
  const outermost = (...logits: number[]): number =>
    Math.max(
      ...cpq({ drop: 0.5 })
        .transform(some, { ...layer, learned: learned(...logits) })
        .integers!.codes.map(Math.abs),
    );
  assert.equal([outermost(9, 9), outermost(9, -9), outermost(-9, 9)], [7, 3, 1]);
});

test("a penalty on bits pulls logits down, as the expected number of bits does", () => {
  const back = (penalty: number): Float32Array =>
    cpq({ drop: 0.4, penalty })
      .transform(some, { ...layer, noise: given(0.5, 0.5) })
      .pullback(new Float32Array(some.length)).learned![1]!;
  assert.equal([...back(0)], [0, 0]);
  // E[bits] = 2 + p1 + p1 p2 with both p 0.6, and dp/dlogit = p (1 - p).
  allClose(back(10), [10 * 0.24 * 1.6, 10 * 0.24 * 0.6], 1e-5);
});

test("with 32 bits weights are as they are, and nothing is learned", () => {
  const found = cpq({ drop: 0.5 }).transform(some, { bits: 32, outputs: 8 });
  sameBits(found.values, some);
  sameBits(found.pullback(some).dw, some);
  assert.equal(cpq({ drop: 0.5 }).learns!(32), []);
});

test("two bits: nothing can be dropped", () =>
  assert.equal(
    cpq({ drop: 0.5 }).learns!(2).map(({ name }) => name),
    ["step"],
  ));

test("empty, zero, one, constant, infinite weights and NaN go through", () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const learned = [Float32Array.of(0.1), Float32Array.of(0.5, 0.5)];
  const made = (...w: number[]) =>
    cpq({ drop: 0.5 }).transform(Float32Array.from(w), { ...layer, learned, noise: given(0.5, 0.4) });
  assert.is(made().values.length, 0);
  assert.equal([...made(0, 0).values], [0, 0]);
  const odd = made(nan, infinity, -infinity, 0.2);
  assert.equal([...odd.integers!.codes], [0, 7, -7, 2]);
  const { dw, learned: gradients } = odd.pullback(Float32Array.of(1, 1, 1, 1));
  assert.ok([...dw, ...gradients![0]!, ...gradients![1]!].every(Number.isFinite));
  assert.ok(
    cpq()
      .transform(new Float32Array(3), layer)
      .values.every((w) => w === 0),
  );
});

test("its site learns the step and the masks, says the range that is left, and multiplies integers", () => {
  const scope = testScope({
    shape: [1, 1, 6],
    quantizer: quantizing(currentMinMax(), { bits: 4, transform: cpq({ drop: 0.3 }) }),
  });
  const run = opened(built(dense("dense", { units: 5, bias: false }), scope).layer);
  const signals = run(batch(gaussian([2, 1, 1, 6], "x")));
  const out = outcome(signals);
  const paths = gradientsOf(pulledBack(out, gaussian(out.x.shape, "dy"))).map(
    ({ parameter }) => parameter.path,
  );
  assert.equal(paths.sort(), ["dense/weight", "dense/weight/dropBits", "dense/weight/step"]);
  const [seen] = seenOf(signals);
  assert.is(seen!.estimator, "quantizer cpq");
  const a = elements(scope.parameters.find("dense/weight/step")!.value)[0]!;
  assert.ok([1, 3, 7].some((top) => Math.abs(seen!.range.hi - top * a) < 1e-6));
});

test("a learned step that is no number any more is named", () => {
  const scope = testScope({
    shape: [1, 1, 6],
    quantizer: quantizing(currentMinMax(), { bits: 4, transform: cpq() }),
  });
  const run = opened(built(dense("dense", { units: 5, bias: false }), scope).layer);
  elements(scope.parameters.find("dense/weight/step")!.value)[0] = Number.NaN;
  assert.throws(
    () => run(batch(gaussian([2, 1, 1, 6], "x"))),
    /dense\/weight\/step: the learned parameter is NaN/,
  );
});

test.run();
