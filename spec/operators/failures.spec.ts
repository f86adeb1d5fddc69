/** @file A run whose estimator misbehaves ends with a sentence that names the site, the step and the estimator. */
import {
  concatMap,
  delay,
  EMPTY,
  map,
  NEVER,
  type Observable,
  of,
  Subject,
  take,
  throwError,
  timeout,
} from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../core/errors.ts";
import { observedRange, type Range, type RangeStat } from "../../core/range.ts";
import type { Signal } from "../../core/signal.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Scope } from "../../operators/module/module.ts";
import { quantize } from "../../operators/sites/quantize.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import { fixed } from "../../quantizers/estimators/fixed.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { gaussian, row } from "../support/tensors.ts";
import {
  batch,
  built,
  opened,
  outcome,
  pulledBack,
  quantizing,
  refusals,
  seenOf,
  testScope,
} from "../support/testScope.ts";

const test = suite("misbehaving estimators");

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const x = gaussian([1, 2, 2, 3], "x");

const layerOf = (estimator: RangeEstimator, overrides: Partial<Scope> = {}) =>
  built(
    quantize({ activation: "input" }),
    testScope({ path: "conv1", shape: [2, 2, 3], quantizer: quantizing(estimator), ...overrides }),
  ).layer;

/** The sentence with which a run of so many equal tensors ends, and after how many. */
const endOf = (estimator: RangeEstimator, steps = 5): readonly [step: number, sentence: string] => {
  const run = opened(layerOf(estimator));
  for (let step = 0; step < steps; step++) {
    try {
      run(batch(x, { step }));
    } catch (error) {
      assert.instance(error, RangeflowFailure);
      return [step, (error as Error).message];
    }
  }
  return [steps, "went on"];
};

const answering =
  (answer: (n: number, stat: RangeStat) => Range): RangeEstimator =>
  (observed$) =>
    observed$.pipe(map((stat, n) => answer(n, stat)));

const named = (step: number): RegExp => new RegExp(`^conv1/input, step ${step}: .*estimator myEstimator`);

const endsAt = (estimator: RangeEstimator, step: number, found: RegExp): void => {
  const [ended, sentence] = endOf(estimator);
  assert.is(ended, step, sentence);
  assert.match(sentence, named(step));
  assert.match(sentence, found);
};

test("an estimator that completes early ends the run at the first tensor without a range", () => {
  endsAt(
    (observed$) => currentMinMax()(observed$).pipe(take(2)),
    2,
    /completed after 2 ranges, expected one range for every tensor/,
  );
  endsAt((observed$) => inHindsight()(observed$).pipe(take(3)), 3, /completed after 3 ranges/);
  endsAt(() => of({ lo: -1, hi: 1 }), 1, /completed after 1 ranges/);
  endsAt(() => EMPTY, 0, /completed after 0 ranges/);
});

test("an estimator that fails ends the run, at once or in mid-run", () => {
  endsAt(() => throwError(() => new Error("no calibration")), 0, /failed: no calibration/);
  endsAt(() => throwError(() => "just text"), 0, /failed: just text/);
  const third: RangeEstimator = (observed$) =>
    observed$.pipe(
      concatMap((stat, n) => (n === 2 ? throwError(() => new Error("lost")) : of(observedRange(stat)))),
    );
  endsAt(third, 2, /failed: lost/);
  const static3: RangeEstimator = (observed$) =>
    inHindsight({ first: { lo: -1, hi: 1 } })(
      third(observed$).pipe(map(({ lo, hi }) => ({ min: lo, max: hi, count: 1, nonFinite: 0 }))),
    );
  endsAt(static3, 2, /failed: lost/);
});

test("an estimator that throws, when it is asked or when it is made, ends the run", () => {
  const throwing = answering(() => {
    throw new Error("a bug of mine");
  });
  endsAt(throwing, 0, /failed: a bug of mine/);
  const unmade: RangeEstimator = () => {
    throw new Error("no file");
  };
  endsAt(unmade, 0, /failed: no file/);
});

test("a range that is not finite or reversed ends the run, whether it came before the tensor or after", () => {
  const bad: readonly Range[] = [
    { lo: nan, hi: 1 },
    { lo: -1, hi: nan },
    { lo: -infinity, hi: 1 },
    { lo: -1, hi: infinity },
    { lo: 1, hi: -1 },
    { lo: -3e38, hi: 3e38 },
    { lo: 1e300, hi: 1e300 },
  ];
  for (const range of bad) {
    const found = new RegExp(
      `gave the range \\[${range.lo}, ${range.hi}\\], expected finite numbers with lo <= hi`.replaceAll(
        "+",
        "\\+",
      ),
    );
    endsAt(fixed(range), 0, found);
    endsAt(
      answering((n, stat) => (n === 3 ? range : observedRange(stat))),
      3,
      found,
    );
  }
});

test("what is no range at all ends the run too", () => {
  endsAt(
    answering(() => undefined as never),
    0,
    /gave undefined, expected finite numbers with lo <= hi/,
  );
  endsAt(
    answering(() => null as never),
    0,
    /gave null/,
  );
  endsAt(
    answering(() => ({ min: 0, max: 1 }) as never),
    0,
    /gave the range \[undefined, undefined\]/,
  );
  endsAt(() => of(null as unknown as Range), 0, /gave null/);
});

/** All signals of a stream of tensors that may answer late, and the sentence with which it ended. */
const lived = (
  estimator: RangeEstimator,
  tensors: readonly Tensor[],
  patience?: Scope["patience"],
): Promise<{ readonly signals: readonly Signal[]; readonly end: string }> =>
  new Promise((resolve) => {
    const signals: Signal[] = [];
    of<Signal[]>(...tensors.map((t, step) => batch(t, { step })))
      .pipe(layerOf(estimator, patience && { patience }))
      .subscribe({
        next: (signal) => signals.push(signal),
        error: (error: Error) => resolve({ signals, end: error.message }),
        complete: () => resolve({ signals, end: "completed" }),
      });
  });

const impatient = <T>(answer$: Observable<T>): Observable<T> => answer$.pipe(timeout(20));

test("an estimator that answers late is waited for, and every tensor gets its own range", async () => {
  const tensors = [1, 2, 3].map((n) => row(-n, n));
  const late: RangeEstimator = (observed$) =>
    observed$.pipe(concatMap((stat) => of(observedRange(stat)).pipe(delay(2))));
  const { signals, end } = await lived(late, tensors);
  assert.is(end, "completed");
  const seen = seenOf(signals);
  assert.equal(
    seen.map(({ range }) => range.hi),
    [1, 2, 3],
  );
  assert.ok(seen.every(({ isStatic }) => !isStatic));
});

test("an estimator that never answers ends the run when the scope's patience does", async () => {
  const { end } = await lived(() => NEVER, [x], impatient);
  assert.match(end, named(0));
  assert.match(end, /gave no answer: Timeout/);
});

test("an estimator that completes or fails while it is waited for is not waited for any longer", async () => {
  const completing: RangeEstimator = (observed$) =>
    observed$.pipe(
      take(1),
      delay(2),
      concatMap(() => EMPTY),
    );
  const first = await lived(completing, [x]);
  assert.match(first.end, named(0));
  assert.match(first.end, /completed after 0 ranges/);
  const failing: RangeEstimator = (observed$) =>
    observed$.pipe(
      delay(2),
      concatMap(() => throwError(() => new Error("lost"))),
    );
  const second = await lived(failing, [x]);
  assert.match(second.end, named(0));
  assert.match(second.end, /failed: lost/);
});

test("gradients fail like activations, on their way back", () => {
  const scope = testScope({
    path: "conv1",
    shape: [2, 2, 3],
    quantizer: quantizing(fixed({ lo: 1, hi: 0 })),
  });
  const activation = outcome(
    opened(built(quantize({ gradient: "gradient" }), scope).layer)(batch(x, { step: 7 })),
  );
  assert.throws(() => pulledBack(activation, x), /^conv1\/gradient, step 7: estimator myEstimator gave/);
});

test("impossible wishes are refused where the network is built", () => {
  const module = quantize({ activation: "x", gradient: "dx" });
  const scope = (options: Parameters<typeof quantizing>[1]) =>
    testScope({ path: "conv1", shape: [2, 2, 3], quantizer: quantizing(inHindsight(), options) });
  assert.equal(refusals(module, scope({ bits: 9 })), [
    "conv1/x: bits is 9, expected an integer from 2 to 8, or 32 for float32.",
    "conv1/dx: bits is 9, expected an integer from 2 to 8, or 32 for float32.",
  ]);
  const [activation, gradient] = refusals(module, scope({ granularity: "channel" }));
  assert.match(
    activation!,
    /^conv1\/x: a range for each channel of an activation, expected one for the whole tensor/,
  );
  assert.match(gradient!, /^conv1\/dx: a range for each channel of a gradient/);
});

test("a stream that fails or completes passes through a site", () => {
  const ends: string[] = [];
  const batches$ = new Subject<Signal>();
  layerOf(inHindsight())(batches$).subscribe({ error: (error: Error) => ends.push(error.message) });
  batches$.error(new Error("no more data"));
  layerOf(inHindsight())(EMPTY).subscribe({ complete: () => ends.push("completed") });
  assert.equal(ends, ["no more data", "completed"]);
});

test.run();
