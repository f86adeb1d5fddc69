import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Range } from "../../../core/range.ts";
import { elements, type Tensor } from "../../../core/tensor.ts";
import type { Scope } from "../../../operators/module/module.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { sqnrAt } from "../../../operators/taps/sqnr.ts";
import type { RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import { fixed } from "../../../quantizers/estimators/fixed.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { close } from "../../support/close.ts";
import { filled, gaussian } from "../../support/tensors.ts";
import {
  batch,
  built,
  metricsOf,
  numbers,
  opened,
  outcome,
  quantizing,
  testScope,
} from "../../support/testScope.ts";

const test = suite("signal-to-quantization-noise ratio");

const tensors = Array.from({ length: 4 }, (_, n) => gaussian([2, 3, 3, 4], `tensor ${n}`));

const siteOf = (estimator: RangeEstimator, overrides: Partial<Scope>) =>
  built(quantize({ activation: "x" }), testScope({ quantizer: quantizing(estimator), ...overrides })).layer;

test("the signal-to-noise ratio is measured at the steps that were asked for", () => {
  const run = opened(siteOf(inHindsight(), { hooks: [sqnrAt((step) => step % 2 === 1)] }));
  const found = tensors.map((x, step) => metricsOf(run(batch(x, { step }))));
  found.forEach((metrics, step) => {
    assert.equal(
      metrics.map(({ name, site }) => [name, site]),
      step % 2 === 1 ? [["sqnr", "x"]] : [],
    );
  });
});

test("that ratio is 10 log10(sum x^2 / sum (x - xq)^2), and infinite where nothing was lost", () => {
  const measured = (x: Tensor, range: Range): readonly [found: number, y: Float32Array] => {
    const signals = opened(siteOf(fixed(range), { hooks: [sqnrAt(() => true)] }))(batch(x));
    return [metricsOf(signals)[0]!.value, numbers(outcome(signals).x)];
  };
  const x = elements(tensors[0]!);
  const [found, y] = measured(tensors[0]!, { lo: -4, hi: 4 });
  const power = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, v) => sum + v * v, 0);
  close(found, 10 * Math.log10(power(x) / power(x.map((v, i) => v - y[i]!))), 1e-3, "dB");
  assert.ok(found > 30, `${found} dB`);
  const whole = filled([1, 1, 1, 3], (i) => i);
  assert.is(measured(whole, { lo: 0, hi: 255 })[0], Number.POSITIVE_INFINITY);
  assert.is(
    measured(
      filled([1, 1, 1, 3], () => 0),
      { lo: 0, hi: 255 },
    )[0],
    Number.POSITIVE_INFINITY,
  );
});

test.run();
