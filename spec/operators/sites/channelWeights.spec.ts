/** @file Weights whose output channels each learn a range: a layer of several channels is as many layers of one. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Parameter } from "../../../core/signal.ts";
import { type Tensor, tensor } from "../../../core/tensor.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { learnedBound } from "../../../quantizers/learned/learnedBound.ts";
import type { LearnedRange } from "../../../quantizers/learned/learnedRange.ts";
import { lsq } from "../../../quantizers/learned/lsq.ts";
import { allClose } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { gaussian } from "../../support/tensors.ts";
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
} from "../../support/testScope.ts";

const test = suite("channels that learn their ranges");

const inputs = 6;
const x = gaussian([4, 1, 1, inputs], "x");

/** One step of a dense layer with these weights, pulled back from dy. */
const stepped = (learned: LearnedRange, granularity: "channel" | "tensor", w: Float32Array, dy: Tensor) => {
  const scope = testScope({
    shape: [1, 1, inputs],
    quantizer: quantizing(currentMinMax(), { bits: 4, granularity, learned }),
  });
  const units = w.length / inputs;
  const run = opened(built(dense("dense", { units, bias: false }), scope).layer);
  const { value } = scope.parameters.find("dense/weight") as Parameter;
  elements(value).set(w);
  const signals = run(batch(x));
  const out = outcome(signals);
  const gradients = gradientsOf(pulledBack(out, dy));
  const of = (path: string): number[] => [
    ...elements(gradients.find(({ parameter }) => parameter.path === path)!.gradient),
  ];
  return {
    y: numbers(out.x),
    of,
    seen: seenOf(signals),
    paths: gradients.map(({ parameter }) => parameter.path),
  };
};

for (const learned of [lsq(), learnedBound()])
  test(`${learned.name}: outputs and gradients of each channel are those of a layer of its own`, () => {
    const channels = [0.02, 1, 30].map((size, o) =>
      Float32Array.from(elements(gaussian([inputs], `w ${o}`)), (one) => size * one),
    );
    const all = Float32Array.from(channels.flatMap((w) => [...w]));
    const dy = gaussian([4, 1, 1, 3], "dy");
    const whole = stepped(learned, "channel", all, dy);
    channels.forEach((w, o) => {
      const part = tensor(
        Float32Array.from({ length: 4 }, (_, n) => elements(dy)[3 * n + o]!),
        [4, 1, 1, 1],
      );
      const alone = stepped(learned, "tensor", w, part);
      const most = Math.max(...alone.y.map(Math.abs));
      allClose(
        [0, 1, 2, 3].map((n) => whole.y[3 * n + o]!),
        alone.y,
        1e-6 * most,
        "y",
      );
      const weights = whole.of("dense/weight").slice(inputs * o, inputs * (o + 1));
      allClose(weights, alone.of("dense/weight"), 1e-5, "dw");
      const [slope] = alone.of(`dense/weight/${learned.parameter}`) as [number];
      allClose(
        whole.of(`dense/weight/${o}/${learned.parameter}`),
        [slope],
        1e-5 * Math.abs(slope) + 1e-9,
        "dp",
      );
    });
    assert.equal(
      whole.seen.map(({ site }) => site),
      [0, 1, 2].map((o) => `dense/weight/${o}`),
    );
    assert.is(whole.paths.length, 4);
  });

test.run();
