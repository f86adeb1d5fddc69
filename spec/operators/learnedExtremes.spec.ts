/** @file Learned parameters that training brings to zero, below it, or to what is no number: docs/methods.md sections 2, 3 and 8.1. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tensor } from "../../core/tensor.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { quantize } from "../../operators/sites/quantize.ts";
import { constantRate } from "../../operators/training/schedule.ts";
import { sgd } from "../../operators/training/sgd.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { learnedBound } from "../../quantizers/learned/learnedBound.ts";
import type { LearnedRange } from "../../quantizers/learned/learnedRange.ts";
import { lsq } from "../../quantizers/learned/lsq.ts";
import { cgPact, pact } from "../../quantizers/learned/pact.ts";
import { close } from "../support/close.ts";
import { elements } from "../support/elements.ts";
import { learning } from "../support/learning.ts";
import { filled, row } from "../support/tensors.ts";
import { batch, built, opened, quantizing, seenOf, testScope } from "../support/testScope.ts";

const test = suite("learned parameters at their ends");

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const least = Math.fround(1e-8);

/** One clipped element of which the loss is the sum, so that the parameter goes down by its rate times `slope`. */
const trainedFrom = (learned: LearnedRange, value: number, rate: number) => {
  const scope = testScope({ quantizer: quantizing(currentMinMax(), { bits: 4, learned }) });
  const network = built(
    sequential(
      quantize({ activation: "x" }),
      sgd({ rate: constantRate(rate), quantizerRate: constantRate(rate) }),
    ),
    scope,
  );
  const run = opened(network.layer);
  const parameter = scope.parameters.list().find(({ kind }) => kind === "quantizer")!.value;
  elements(parameter)[0] = value;
  const step = (n: number) => seenOf(run(batch(row(1000), { step: n })))[0]!;
  step(0);
  return { value: elements(parameter)[0]!, step };
};

test("LSQ's step that would become zero or negative is kept at 1e-8, and is learned on from there", () => {
  for (const rate of [1e3, 1e6]) {
    const { value, step } = trainedFrom(lsq({ sign: "unsigned" }), 0.5, rate);
    assert.is(value, least);
    const { range, isStatic } = step(1);
    assert.ok(isStatic);
    close(range.hi, 15e-8, 1e-14);
  }
});

test("an alpha that becomes exactly zero is 1e-8, so that it does not start anew", () => {
  for (const learned of [pact({ sign: "unsigned" }), cgPact({ sign: "unsigned" })]) {
    const { value, step } = trainedFrom(learned, 8, 8);
    assert.is(value, least, learned.name);
    const { isStatic, range } = step(1);
    assert.equal([isStatic, range.hi], [true, 1e-8]);
  }
});

test("an alpha or bound that becomes negative stays so, and counts by its magnitude", () => {
  for (const learned of [
    pact({ sign: "unsigned" }),
    cgPact({ sign: "unsigned" }),
    learnedBound({ sign: "unsigned" }),
  ]) {
    const { value, step } = trainedFrom(learned, 2, 5);
    close(value, -3, 1e-6, learned.name);
    close(step(1).range.hi, 3, 1e-6, learned.name);
  }
});

const all = [lsq(), learnedBound(), pact(), cgPact()];

test("one that is NaN or infinite ends the run with its name, before anything is quantized with it", () => {
  for (const learned of all)
    for (const value of [nan, infinity, -infinity])
      assert.throws(
        () => learning(learned, { value }).run(row(1, 2)),
        new RegExp(`^x/${learned.parameter}: the learned parameter is ${value}, expected a finite number`),
        learned.name,
      );
});

test("at the least that it is kept at, values and gradients are numbers", () => {
  for (const learned of all) {
    const { y, back } = learning(learned, { bits: 4, value: least }).run(row(1, -2, 0, 1e-9));
    const { dx, dp } = back(filled([1, 1, 1, 4], () => 1));
    assert.ok([...y, ...dx, dp!].every(Number.isFinite), `${learned.name}: ${[...y]}, ${[...dx]}, ${dp}`);
  }
});

test("a gradient with NaN makes the parameter NaN, which the next tensor finds", () => {
  for (const learned of all) {
    const site = learning(learned, { value: 1 });
    const { dp } = site.run(row(1, 3)).back(tensor(Float32Array.of(nan, 1), [1, 1, 1, 2]));
    assert.ok(Number.isNaN(dp));
    site.set(site.parameter.learning!.keep(dp!));
    assert.throws(() => site.run(row(1, 3)), /the learned parameter is NaN/, learned.name);
  }
});

test.run();
