/** @file Tensors that are empty, constant, zero, or hold NaN or infinity: the policy of docs/methods.md section 0, reported as signals. */
import * as E from "fp-ts/lib/Either.js";
import { tap } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describe } from "../../core/errors.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import type { RangeSeen } from "../../core/signal.ts";
import type { HostTensor } from "../../core/tensor.ts";
import { tensor } from "../../core/tensor.ts";
import type { Scope } from "../../operators/module/module.ts";
import { quantize } from "../../operators/sites/quantize.ts";
import { catalogue } from "../../quantizers/catalogue/estimatorCatalogue.ts";
import { parseEstimator } from "../../quantizers/catalogue/parseEstimator.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import { fixed } from "../../quantizers/estimators/fixed.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { runningMinMax } from "../../quantizers/estimators/runningMinMax.ts";
import { row } from "../support/tensors.ts";
import {
  batch,
  built,
  codesIn,
  numbers,
  only,
  opened,
  outcome,
  quantizing,
  seenOf,
  testScope,
} from "../support/testScope.ts";

const test = suite("odd tensors");

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

const layerOf = (estimator: RangeEstimator, overrides: Partial<Scope> = {}) =>
  built(
    quantize({ activation: "input" }),
    testScope({ path: "conv1", shape: [2, 2, 3], quantizer: quantizing(estimator), ...overrides }),
  ).layer;

interface Case {
  readonly name: string;
  readonly x: HostTensor;
  readonly verdict: RangeSeen["verdict"];
  readonly fault?: string;
  /** Range that a site without any uses for it. */
  readonly own: Range;
}

const cases: readonly Case[] = [
  {
    name: "empty",
    x: tensor(new Float32Array(0), [0, 2, 2, 3]),
    verdict: "empty",
    fault: "EmptyTensor",
    own: { lo: 0, hi: 0 },
  },
  { name: "all zero", x: row(0, 0, -0), verdict: "zero", fault: "ZeroTensor", own: { lo: 0, hi: 0 } },
  {
    name: "with NaN",
    x: row(-1, nan, 3),
    verdict: "nonFinite",
    fault: "NonFiniteTensor",
    own: { lo: -1, hi: 3 },
  },
  {
    name: "with infinity",
    x: row(-1, infinity, 3),
    verdict: "nonFinite",
    fault: "NonFiniteTensor",
    own: { lo: -1, hi: 3 },
  },
  {
    name: "all NaN",
    x: row(nan, nan),
    verdict: "nonFinite",
    fault: "NonFiniteTensor",
    own: { lo: 0, hi: 0 },
  },
  { name: "constant", x: row(3, 3, 3), verdict: "observed", own: { lo: 3, hi: 3 } },
  { name: "constant and negative", x: row(-3, -3), verdict: "observed", own: { lo: -3, hi: -3 } },
  {
    name: "one element",
    x: row(0.7),
    verdict: "observed",
    own: { lo: Math.fround(0.7), hi: Math.fround(0.7) },
  },
];

for (const { name, x: odd, verdict, fault, own } of cases)
  test(`a tensor that is ${name}: ${verdict}${fault ? `, reported as ${fault}` : ", and quantized exactly"}`, () => {
    for (const estimator of [inHindsight(), currentMinMax(), runningMinMax(), fixed({ lo: -1, hi: 1 })]) {
      const told: RangeStat[] = [];
      const spied: RangeEstimator = (observed$) =>
        observed$.pipe(
          tap((stat) => told.push(stat)),
          estimator,
        );
      const run = opened(layerOf(spied));
      const signals = run(batch(odd));
      const seen = seenOf(signals)[0]!;
      assert.is(seen.verdict, verdict);
      assert.equal(
        only("Fault")(signals).map(({ kind }) => kind),
        fault ? [fault] : [],
      );
      for (const { message, site, step } of only("Fault")(signals)) {
        assert.match(message, /^conv1\/input, step 0: the tensor/);
        assert.equal([site, step], ["conv1/input", 0]);
      }
      assert.is(told.length, verdict === "observed" ? 1 : 0);
      assert.equal(seen.range, seen.isStatic ? { lo: -1, hi: 1 } : own);
      assert.is(codesIn(outcome(signals).x).length, odd.size);
      if (fault || seen.isStatic) continue;
      const step = numbers(outcome(signals).x)[0]! / odd.get(0, 0, 0, 0);
      assert.ok(Math.abs(step - 1) < 1e-6, `${step} of it came back`);
    }
  });

/** Estimators of the catalogue and their combinations, with periods that end among a few tensors. */
const everyEstimator: readonly RangeEstimator[] = [
  ...catalogue.map(({ name }) => name),
  ...["percentile", "lbt", "dsgc:period=2", "distributionAdaptive"].map((name) => `inHindsight(${name})`),
  "frozen(meanSquaredError):tensors=2",
].map((text) => {
  const named = text === "fixed" ? "fixed:lo=-1,hi=1" : text === "dsgc" ? "dsgc:period=2" : text;
  const found = parseEstimator("spec")(named);
  if (E.isLeft(found)) throw new Error(found.left.map(describe).join("\n"));
  return found.right.estimator;
});

test("every estimator gives constant tensors and single elements a range that holds them, give or take what it clips", () => {
  for (const estimator of everyEstimator)
    for (const { x: odd, fault } of cases) {
      if (fault) continue;
      const { range, isStatic } = seenOf(opened(layerOf(estimator))(batch(odd)))[0]!;
      const only = odd.get(0, 0, 0, 0);
      if (!isStatic)
        assert.ok(Math.max(-range.lo, range.hi) >= 0.95 * Math.abs(only), `${range.lo}, ${range.hi}`);
    }
});

test("every estimator gives tensors of 1e-20 and 1e30 the range of ordinary ones, as many times as large", () => {
  const shape = [1, 1, 1, 4];
  const ordinary = [1, -0.5, 0.25, 0.125];
  for (const [n, estimator] of everyEstimator.entries())
    for (const k of [2 ** -66, 2 ** 100]) {
      const rangesOf = (factor: number): readonly Range[] => {
        const run = opened(layerOf(estimator));
        const x = tensor(
          Float32Array.from(ordinary, (v) => factor * v),
          shape,
        );
        return [0, 1, 2].map((step) => seenOf(run(batch(x, { step })))[0]!.range);
      };
      if (catalogue[n]?.name === "fixed") continue;
      rangesOf(k).forEach(({ lo, hi }, step) => {
        const { lo: from, hi: to } = rangesOf(1)[step]!;
        assert.ok(
          Math.abs(lo - k * from) <= 1e-9 * k && Math.abs(hi - k * to) <= 1e-9 * k,
          `${n}: ${lo}, ${hi}`,
        );
      });
    }
});

test("what does not reach the estimator takes the newest range, and changes no later one", () => {
  for (const estimator of everyEstimator) {
    const good = [1, 2, 3, 4].map((n) => row(-n, n));
    const clean = opened(layerOf(estimator));
    const expected = good.map((t, step) => seenOf(clean(batch(t, { step })))[0]!);
    const run = opened(layerOf(estimator));
    let step = 0;
    good.forEach((t, n) => {
      // As JSON, since a statistic that can be asked holds a function.
      const seen = { ...seenOf(run(batch(t, { step })))[0]!, step: n };
      assert.is(JSON.stringify(seen), JSON.stringify(expected[n]));
      for (const { x: odd, fault } of cases) {
        if (!fault) continue;
        const seen = seenOf(run(batch(odd, { step: ++step })))[0]!;
        const next = expected[n + 1];
        assert.equal(
          seen.range,
          next?.isStatic ? next.range : seen.isStatic ? seen.range : expected[n]!.range,
        );
      }
    });
  }
});

test("NaN is quantized to zero, and infinity to the end of the range", () => {
  const run = opened(layerOf(fixed({ lo: -1, hi: 2 })));
  const y = numbers(outcome(run(batch(row(nan, infinity, -infinity)))).x);
  assert.is(y[0], 0);
  assert.ok(Math.abs(y[1]! - 2) < 0.01 && Math.abs(y[2]! + 1) < 0.01);
});

test.run();
