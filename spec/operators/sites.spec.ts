/** @file The one rule, at a real site: the n-th range belongs to the n-th tensor. */
import { concat, concatMap, defer, EMPTY, finalize, map, NEVER, of, Subject } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { observedRange, type Range } from "../../core/range.ts";
import type { Signal } from "../../core/signal.ts";
import { elements, type HostTensor, type Tensor } from "../../core/tensor.ts";
import type { Scope } from "../../operators/module/module.ts";
import { quantize } from "../../operators/sites/quantize.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { delayedScaling } from "../../quantizers/estimators/delayedScaling.ts";
import { distributionAdaptive } from "../../quantizers/estimators/distributionAdaptive.ts";
import { dsgc } from "../../quantizers/estimators/dsgc.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import { fixed } from "../../quantizers/estimators/fixed.ts";
import { frozenAfter } from "../../quantizers/estimators/frozenAfter.ts";
import { heldFor } from "../../quantizers/estimators/heldFor.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { lbt, lbtHindsight } from "../../quantizers/estimators/lbt.ts";
import { meanSquaredError } from "../../quantizers/estimators/meanSquaredError.ts";
import { percentile } from "../../quantizers/estimators/percentile.ts";
import { runningMinMax } from "../../quantizers/estimators/runningMinMax.ts";
import { sameBits } from "../support/close.ts";
import { affineGrid, filled, gaussian } from "../support/tensors.ts";
import {
  batch,
  built,
  codesIn,
  collected,
  opened,
  outcome,
  quantizing,
  seenOf,
  testScope,
} from "../support/testScope.ts";

const test = suite("sites: the n-th range belongs to the n-th tensor");

const shape = [2, 3, 3, 4];
const tensors = Array.from({ length: 8 }, (_, n) => gaussian(shape, `tensor ${n}`, 1 + n / 4));

/** The tensor with one element replaced. */
const withElement = (x: HostTensor, place: number, value: number): HostTensor =>
  filled(x.shape, (i) => (i === place ? value : (elements(x)[i] as number)));

const siteOf = (estimator: RangeEstimator, overrides: Partial<Scope> = {}) =>
  built(
    quantize({ activation: "x" }),
    testScope({ shape: [3, 3, 4], quantizer: quantizing(estimator), ...overrides }),
  ).layer;

/** All steps of a training at one site: what it saw of each tensor, and the codes that it made of it. */
const trained = (
  estimator: RangeEstimator,
  some: readonly Tensor[] = tensors,
  overrides: Partial<Scope> = {},
) => {
  const run = opened(siteOf(estimator, overrides));
  return some.map((x, step) => {
    const signals = run(batch(x, { step }));
    const seen = seenOf(signals);
    assert.is(seen.length, 1, `one statistic at step ${step}`);
    return { seen: seen[0]!, codes: codesIn(outcome(signals).x) };
  });
};

/** The codes of all elements but one. */
const others = (codes: Int8Array, place: number): readonly number[] =>
  [...codes].filter((_, i) => i !== place);

const outlierAt = 3;
const place = 17;
const outlying = tensors.with(outlierAt, withElement(tensors[outlierAt]!, place, 1000));

for (const [name, estimator] of [
  ["inHindsight", inHindsight()],
  ["inHindsight with a calibration", inHindsight({ first: { lo: -2, hi: 2 } })],
  ["inHindsight(currentMinMax)", inHindsight(currentMinMax())],
  ["fixed", fixed({ lo: -3, hi: 3 })],
  ["frozenAfter(2, runningMinMax)", frozenAfter(2, runningMinMax())],
  ["inHindsight(percentile)", inHindsight(percentile())],
  ["inHindsight(meanSquaredError)", inHindsight(meanSquaredError())],
  ["delayedScaling", delayedScaling()],
  ["dsgc between its searches", dsgc({ period: 5 })],
  ["lbtHindsight", lbtHindsight()],
] as const)
  test(`${name}: an outlier in tensor n changes no other code of tensor n, and is clipped`, () => {
    const [plain, struck] = [trained(estimator)[outlierAt]!, trained(estimator, outlying)[outlierAt]!];
    assert.ok(struck.seen.isStatic);
    assert.equal(others(struck.codes, place), others(plain.codes, place));
    assert.is(struck.codes[place], 127);
    assert.is(struck.seen.clipped, plain.seen.clipped + 1);
  });

for (const [name, estimator] of [
  ["currentMinMax", currentMinMax()],
  ["runningMinMax", runningMinMax()],
  ["percentile", percentile()],
  ["meanSquaredError", meanSquaredError()],
  ["dsgc at a search", dsgc({ period: 3 })],
  ["lbt", lbt()],
  ["distributionAdaptive", distributionAdaptive()],
] as const)
  test(`${name}: an outlier in tensor n does change its other codes, so it is dynamic`, () => {
    const [plain, struck] = [trained(estimator)[outlierAt]!, trained(estimator, outlying)[outlierAt]!];
    assert.not(struck.seen.isStatic);
    assert.not.equal(others(struck.codes, place), others(plain.codes, place));
  });

test("an outlier in tensor n does change the codes of in-hindsight's tensor n + 1", () => {
  const next = outlierAt + 1;
  assert.not.equal(trained(inHindsight(), outlying)[next]!.codes, trained(inHindsight())[next]!.codes);
});

test("in-hindsight at n uses the very range of running min-max at n - 1", () => {
  const late = trained(inHindsight({ decay: 0.75 })).map(({ seen }) => seen.range);
  const now = trained(runningMinMax({ decay: 0.75 })).map(({ seen }) => seen.range);
  assert.equal(late.slice(1), now.slice(0, -1));
});

test("a tensor is quantized statically only if its range was there; each estimator as far as it answers ahead", () => {
  const isStatic = (estimator: RangeEstimator): string =>
    trained(estimator)
      .map(({ seen }) => (seen.isStatic ? "s" : "d"))
      .join("");
  assert.is(isStatic(currentMinMax()), "dddddddd");
  assert.is(isStatic(runningMinMax()), "dddddddd");
  assert.is(isStatic(inHindsight()), "dsssssss");
  assert.is(isStatic(inHindsight({ first: { lo: -1, hi: 1 } })), "ssssssss");
  assert.is(isStatic(frozenAfter(3, currentMinMax())), "dddsssss");
  assert.is(isStatic(heldFor(3, currentMinMax())), "dssdssds");
  assert.is(isStatic(searchingEveryThird), "dssdssds");
});

/** Looks at every third tensor itself, and answers for the two after it as well. */
const searchingEveryThird: RangeEstimator = (observed$) =>
  observed$.pipe(
    map(observedRange),
    concatMap((range, n) => (n % 3 === 0 ? of(range, range, range) : EMPTY)),
  );

test("static or dynamic, the same range gives the same codes", () => {
  const dynamic: RangeEstimator = (observed$) => observed$.pipe(map(() => ({ lo: -2, hi: 3 })));
  const [one, two] = [trained(fixed({ lo: -2, hi: 3 })), trained(dynamic)];
  one.forEach(({ seen, codes }, n) => {
    assert.is(seen.isStatic, true);
    assert.is(two[n]!.seen.isStatic, false);
    sameBits(two[n]!.codes, codes, `tensor ${n}, code`);
    assert.is(two[n]!.seen.clipped, seen.clipped);
  });
});

test("statistics are those of the tensor before clipping", () => {
  for (const { seen } of trained(fixed({ lo: -0.01, hi: 0.01 }))) {
    const x = elements(tensors[seen.step]!);
    assert.equal([seen.stat.min, seen.stat.max, seen.stat.count], [Math.min(...x), Math.max(...x), x.length]);
  }
});

test("so a range that was far too small grows", () => {
  const widths = trained(inHindsight({ decay: 0.5, first: { lo: -1e-6, hi: 1e-6 } })).map(
    ({ seen }) => seen.range.hi,
  );
  for (let n = 1; n < widths.length; n++) assert.ok(widths[n]! > widths[n - 1]!);
});

test("what was clipped is what lies beyond the range by more than half a step", () => {
  const range = { lo: -1, hi: 1.5 };
  const step = affineGrid(range).scale[0]!;
  for (const { seen } of trained(fixed(range))) {
    const beyond = [...elements(tensors[seen.step]!)].filter((x) => x < -1 - step || x > 1.5 + step).length;
    assert.ok(Math.abs(seen.clipped - beyond) <= 2 && seen.clipped > 0, `${seen.clipped} and ${beyond}`);
  }
});

test("in hindsight elements are clipped while tensors grow, and none while they shrink", () => {
  const growing = [1, 1.5, 2, 4].map((k) => filled(shape, (i) => k * elements(tensors[0]!)[i]!));
  const clipped = (some: readonly Tensor[]) =>
    trained(inHindsight(), some).map(({ seen }) => seen.clipped > 0);
  assert.equal(clipped(growing), [false, true, true, true]);
  assert.equal(clipped(growing.toReversed()), [false, false, false, false]);
});

test("each statistic says where, when, of what role, and by which estimator", () => {
  const [, second] = trained(inHindsight(), tensors, { path: "layer2/conv1" });
  const { site, role, step, estimator, verdict } = second!.seen;
  assert.equal(
    [site, role, step, estimator, verdict],
    ["layer2/conv1/x", "activation", 1, "myEstimator", "observed"],
  );
});

test("evaluation emits no statistic, asks nothing of the estimator, and uses the newest range", () => {
  for (const estimator of [inHindsight(), currentMinMax(), fixed({ lo: -1, hi: 1 })]) {
    const asked: number[] = [];
    const spied: RangeEstimator = (observed$) =>
      observed$.pipe(
        map((stat) => {
          asked.push(stat.max);
          return stat;
        }),
        estimator,
      );
    const run = opened(siteOf(spied));
    const ranges = tensors.slice(0, 3).map((x, step) => seenOf(run(batch(x, { step })))[0]!.range);
    const signals = run(batch(tensors[5]!, { step: 3, training: false }));
    assert.equal(
      signals.map(({ _tag }) => _tag),
      ["Activation"],
    );
    assert.is(asked.length, 3);
    const afterwards = seenOf(run(batch(tensors[3]!, { step: 3 })))[0]!;
    const newest = afterwards.isStatic ? afterwards.range : ranges[2]!;
    const again = opened(siteOf(fixed(newest)))(batch(tensors[5]!, { training: false }));
    sameBits(codesIn(outcome(signals).x), codesIn(outcome(again).x), "code");
  }
});

test("of several ranges that are ahead, evaluation uses the next", () => {
  const planned: RangeEstimator = () => concat(of(...[1, 2, 3, 4].map((n) => ({ lo: -n, hi: n }))), NEVER);
  const run = opened(siteOf(planned));
  run(batch(tensors[0]!));
  const evaluated = outcome(run(batch(tensors[1]!, { training: false })));
  sameBits(codesIn(evaluated.x), trained(fixed({ lo: -2, hi: 2 }), [tensors[1]!])[0]!.codes, "code");
});

test("evaluation before any training uses each tensor's own range, and leaves no trace", () => {
  const run = opened(siteOf(inHindsight()));
  const signals = run(batch(tensors[4]!, { training: false }));
  assert.equal(
    signals.map(({ _tag }) => _tag),
    ["Activation"],
  );
  sameBits(codesIn(outcome(signals).x), trained(currentMinMax(), [tensors[4]!])[0]!.codes, "code");
  assert.equal(seenOf(run(batch(tensors[0]!)))[0], trained(inHindsight(), [tensors[0]!])[0]!.seen);
});

test("state belongs to the subscription: two runs of one layer do not see each other", () => {
  const layer = siteOf(inHindsight());
  const [one, two] = [opened(layer), opened(layer)];
  const seen = { one: [] as Range[], two: [] as Range[] };
  tensors.forEach((x, step) => {
    seen.one.push(seenOf(one(batch(x, { step })))[0]!.range);
    seen.two.push(seenOf(two(batch(tensors[tensors.length - 1 - step]!, { step })))[0]!.range);
  });
  assert.equal(
    seen.one,
    trained(inHindsight()).map((t) => t.seen.range),
  );
  assert.equal(
    seen.two,
    trained(inHindsight(), tensors.toReversed()).map((t) => t.seen.range),
  );
});

test("unsubscribing lets go of the estimator", () => {
  let open = 0;
  const watched: RangeEstimator = (observed$) =>
    defer(() => {
      open++;
      return observed$.pipe(
        currentMinMax(),
        finalize(() => open--),
      );
    });
  const batches$ = new Subject<Signal>();
  const subscription = siteOf(watched)(batches$).subscribe();
  batches$.next(batch(tensors[0]!));
  assert.is(open, 1);
  subscription.unsubscribe();
  assert.is(open, 0);
  siteOf(watched)(of(batch(tensors[0]!))).subscribe();
  assert.is(open, 0, "after the end of the stream");
});

test("signals that are no activations pass a site unchanged and in order", () => {
  const metric = { _tag: "Metric", step: 0, name: "loss", value: 1, samples: 1, training: true } as const;
  const out = collected(siteOf(inHindsight())(of<Signal[]>(metric, batch(tensors[0]!), metric)));
  assert.equal(
    out.map(({ _tag }) => _tag),
    ["Metric", "RangeSeen", "Activation", "Metric"],
  );
  assert.is(out[0], metric);
});

test("a site of 32 bits does nothing, says nothing, and its estimator is never subscribed", () => {
  const unasked: RangeEstimator = () => {
    throw new Error("was asked");
  };
  const run = opened(siteOf(unasked, { quantizer: quantizing(unasked, { bits: 32 }) }));
  const activation = batch(tensors[0]!);
  assert.equal(run(activation), [activation]);
});

test.run();
