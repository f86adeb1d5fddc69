/** @file What a user's own functions give at a site is checked, and what they are given is theirs. */
import { map } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RangeStat } from "../../../core/range.ts";
import { elements, type Tensor } from "../../../core/tensor.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import type { Watch } from "../../../operators/module/module.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { measures, type RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import { lsq } from "../../../quantizers/learned/lsq.ts";
import type { Transformed } from "../../../quantizers/learned/weightTransform.ts";
import type { Projected, Projection } from "../../../quantizers/projections/projection.ts";
import type { Quantizer } from "../../../quantizers/quantizer.ts";
import { withProjection } from "../../../quantizers/withProjection.ts";
import { sameBits } from "../../support/close.ts";
import { gaussian } from "../../support/tensors.ts";
import {
  batch,
  built,
  numbers,
  opened,
  outcome,
  pulledBack,
  quantizing,
  refusals,
  seenOf,
  testScope,
} from "../../support/testScope.ts";

const test = suite("foreign functions");

const x = gaussian([1, 3, 3, 2], "x");
const size = x.size;

/** The sentence with which the activation site `conv1/input` fails at step 4. */
const failureOf = (change: (base: Quantizer) => Quantizer, watch?: Watch): string => {
  const scope = testScope({
    path: "conv1",
    shape: [3, 3, 2],
    quantizer: (site, role) => change(quantizing(currentMinMax())(site, role)),
    ...(watch && { watch }),
  });
  const run = opened(built(quantize({ activation: "input" }), scope).layer);
  try {
    run(batch(x, { step: 4 }));
  } catch (error) {
    return (error as Error).message;
  }
  return "went on";
};

const fine = (values: Float32Array): Projected => ({ values: values.slice(), clipped: 0 });

const projecting = (project: (x: Float32Array) => unknown): ((base: Quantizer) => Quantizer) => {
  const projection: Projection = {
    name: "mine",
    follows: "range",
    project: project as Projection["project"],
  };
  return (base) => withProjection(base, projection);
};

test("a projection that throws, or gives anything but a finite value for each element, is named with site and step", () => {
  const cases: readonly (readonly [(x: Float32Array) => unknown, RegExp])[] = [
    [
      () => {
        throw new Error("boom");
      },
      /^conv1\/input, step 4, quantizer mine: threw boom, expected a finite value for each element\.$/,
    ],
    [() => undefined, /quantizer mine gave undefined, expected/],
    [() => Promise.resolve(fine), /quantizer mine gave undefined clipped elements of 18/],
    [(v) => ({ ...fine(v), values: new Float32Array(7) }), /step 4: quantizer mine gave 7 values for 18, /],
    [(v) => ({ ...fine(v), values: [...v] }), /gave values that are not a Float32Array/],
    [(v) => ({ ...fine(v), values: v.with(5, Number.NaN) }), /gave NaN at place 5 of its values/],
    [(v) => ({ ...fine(v), clipped: Number.NaN }), /gave NaN clipped elements of 18/],
    [
      (v) => ({ ...fine(v), clipped: 1, gradientMask: new Int8Array(3) }),
      /gave bytes of a gradientMask that are no/,
    ],
    [(v) => ({ ...fine(v), integers: {} }), /gave integers without codes/],
    [(v) => ({ ...fine(v), integers: { codes: new Int8Array(size) } }), /gave integers without one positive/],
  ];
  for (const [project, expected] of cases) assert.match(failureOf(projecting(project)), expected);
});

test("a projection may write into what it is given, and give it back", () => {
  const before = Float32Array.from(elements(x));
  const scope = testScope({
    shape: [3, 3, 2],
    quantizer: (site, role) =>
      projecting((v) => ({ values: v.fill(0.5), clipped: 0 }))(quantizing(currentMinMax())(site, role)),
  });
  const { x: y } = outcome(opened(built(quantize({ activation: "input" }), scope).layer)(batch(x)));
  sameBits(
    numbers(y),
    before.map(() => 0.5),
  );
  sameBits(elements(x), before);
});

const transforming = (given: Partial<Transformed>) => {
  const quantizer: Quantizer = {
    ...quantizing(currentMinMax())("conv/weight", "weight"),
    transform: {
      name: "mine",
      roles: ["weight"],
      integerBits: [],
      transform: (w) => ({
        values: w.slice(),
        range: { lo: -1, hi: 1 },
        pullback: (dy) => ({ dw: dy }),
        ...given,
      }),
    },
  };
  const scope = testScope({
    shape: [3, 3, 2],
    quantizer: (site, role) =>
      role === "weight" ? quantizer : { ...quantizing(currentMinMax())(site, role), bits: 32 },
  });
  const run = opened(built(conv2d("conv", { outChannels: 2, kernel: 3 }), scope).layer);
  return () => pulledBack(outcome(run(batch(x, { step: 4 }))), gaussian([1, 1, 1, 2], "dy"));
};

test("a weight transform is held to its weights, its range and its way back", () => {
  const nan = Number.NaN;
  const cases: readonly (readonly [Partial<Transformed>, RegExp])[] = [
    [{ values: new Float32Array(3) }, /^conv\/weight, step 4: quantizer mine gave 3 values for 36, expected/],
    [{ values: new Float32Array(36).fill(nan) }, /gave NaN at place 0 of its values/],
    [{ range: { lo: nan, hi: 1 } }, /gave the range \[NaN, 1\]/],
    [{ pullback: undefined as never }, /gave no way back/],
    [{ pullback: () => ({ dw: new Float32Array(3) }) }, /gave no gradient of 36 numbers/],
    [{ pullback: () => undefined as never }, /^conv\/weight, step 4, quantizer mine: threw Cannot/],
  ];
  for (const [given, expected] of cases) assert.throws(transforming(given), expected);
});

test("a learned range that is none, or throws, is named with site and step", () => {
  const learning = (part: object) => (base: Quantizer) => ({ ...base, learned: { ...lsq(), ...part } });
  const boom = () => {
    throw new Error("boom");
  };
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ range: boom }, /^conv1\/input, step 4, quantizer lsq: threw boom, expected finite numbers/],
    [{ range: () => ({ lo: 1, hi: 0 }) }, /^conv1\/input, step 4: quantizer lsq gave the range \[1, 0\]/],
    [
      { start: boom },
      /^conv1\/input, step 4, quantizer lsq: threw boom, expected a finite number to start with/,
    ],
    [{ start: () => Number.NaN }, /^conv1\/input, step 4: quantizer lsq gave NaN, expected a finite number/],
    [{ start: () => "one" }, /^conv1\/input, step 4: quantizer lsq gave one, expected a finite number/],
  ];
  for (const [part, expected] of cases) assert.match(failureOf(learning(part)), expected);
});

test("a quantizer with a part that is none is refused when the network is built", () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ scheme: "odd" }, /a quantizer with the scheme odd, expected/],
    [{ rounding: "up" }, /the rounding up/],
    [{ estimator: null }, /no estimator with a name/],
    [{ projection: {} }, /a projection without project or follows/],
    [{ transform: {} }, /a weight transform without transform/],
    [{ learned: { name: "mine" } }, /a learned range without start/],
    [{ learned: {} }, /a part without a name/],
  ];
  for (const [part, expected] of cases) {
    const scope = testScope({
      shape: [3, 3, 2],
      quantizer: (site, role) => ({ ...quantizing(currentMinMax())(site, role), ...part }),
    });
    assert.match(refusals(quantize({ activation: "input" }), scope).join("\n"), expected);
  }
  const throwing = testScope({
    shape: [3, 3, 2],
    quantizer: () => {
      throw new Error("boom");
    },
  });
  assert.equal(refusals(quantize({ activation: "input" }), throwing), [
    "input: threw boom, expected a quantizer for every site.",
  ]);
});

/** Statistic that a site saw of a tensor, with an estimator. */
const seenBy = (estimator: RangeEstimator, tensor: Tensor) => {
  const scope = testScope({ shape: [3, 3, 2], quantizer: quantizing(estimator) });
  const run = opened(built(quantize({ activation: "input" }), scope).layer);
  return [0, 1].map((step) => seenOf(run(batch(tensor, { step })))[0]);
};

test("an estimator that writes into its statistic, or sorts its sample, falsifies nothing", () => {
  const plain = seenBy(
    map(({ min, max }) => ({ lo: min, hi: max })),
    x,
  );
  const writing: RangeEstimator = map((stat: RangeStat) => {
    const range = { lo: stat.min, hi: stat.max };
    Object.assign(stat, { min: -9, max: 9, count: 7 });
    return range;
  });
  assert.equal(seenBy(writing, x), plain);
  const before = Float32Array.from(elements(x));
  const sorting = measures(
    "waiting",
    map(({ min, max, measure }: RangeStat) => {
      measure?.("median", ({ values }) => [values.sort()[9] as number]);
      return { lo: min, hi: max };
    }),
  );
  seenBy(sorting, x);
  sameBits(elements(x), before);
});

test("what cannot be read of a range, whatever it is, is named with site, step and estimator", () => {
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error("boom");
      },
    },
  );
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [hostile, /^conv1\/input, step 4: estimator myEstimator gave a range that cannot be read \(boom\), /],
    [{ lo: "0", hi: "1" }, /gave the range \["0", "1"\], expected finite numbers/],
    [{ lo: 0n, hi: 1n }, /gave the range \[0, 1\], expected finite numbers/],
    [Symbol("range"), /gave Symbol\(range\), expected/],
    [{ lo: 0, hi: 1, channels: 5 }, /gave the range \[0, 1\] and a channel's bound NaN, expected/],
    [{ lo: 0, hi: 1, channels: [2, -1] }, /gave the range \[0, 1\] and a channel's bound -1, expected/],
  ];
  for (const [given, expected] of cases)
    assert.match(
      failureOf((base) => ({
        ...base,
        estimator: { name: "myEstimator", estimator: map(() => given as never) },
      })),
      expected,
    );
});

test("whoever watches hears of every call, its place and step, while it lasts", () => {
  const heard: string[] = [];
  let depth = 0;
  const watch: Watch = (place) => (step, call) => {
    depth++;
    heard.push(`${depth} ${place}, ${step}`);
    try {
      return call();
    } finally {
      depth--;
    }
  };
  assert.is(failureOf(projecting(fine), watch), "went on");
  assert.is(depth, 0);
  assert.equal(heard, [
    "1 conv1/input, estimator myEstimator, 0",
    "1 layer conv1/input, 4",
    "2 conv1/input, estimator myEstimator, 4",
    "2 conv1/input, quantizer mine, 4",
  ]);
});

test.run();
