/** @file What sites have seen, recorded, replayed into estimators, and used to resume a run. */
import { map, of, take, tap, throwError } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Range, RangeStat } from "../../core/range.ts";
import type { RangeSeen, Signal } from "../../core/signal.ts";
import { at } from "../../operators/taps/at.ts";
import { record } from "../../operators/taps/record.ts";
import { replay } from "../../operators/taps/replay.ts";
import { snapshot } from "../../operators/taps/snapshot.ts";
import { isStaticSite, summarizer } from "../../operators/taps/summarizer.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import { frozenAfter } from "../../quantizers/estimators/frozenAfter.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { inPhases } from "../../quantizers/estimators/inPhases.ts";
import { runningMinMax } from "../../quantizers/estimators/runningMinMax.ts";
import { sameBits } from "../support/close.ts";
import { elements } from "../support/elements.ts";
import { sites, smallRun } from "../support/smallRun.ts";
import {
  collected,
  gradientsOf,
  metricsOf,
  numbers,
  only,
  outcome,
  quantizing,
  seenOf,
} from "../support/testScope.ts";

const test = suite("record, replay, resume");

const sink = () => {
  const rows: RangeSeen[] = [];
  const state = { closed: 0 };
  return {
    rows,
    state,
    append: (seen: RangeSeen): void => {
      rows.push(seen);
    },
    close: (): void => {
      state.closed++;
    },
  };
};

const estimators: readonly (readonly [string, RangeEstimator])[] = [
  ["inHindsight", inHindsight({ decay: 0.75 })],
  ["currentMinMax", currentMinMax()],
  ["runningMinMax", runningMinMax()],
  ["frozenAfter", frozenAfter(3, currentMinMax())],
  ["inPhases", inPhases(4, runningMinMax(), inHindsight())],
];

test("a step has one statistic for every site, in the same order each time", () => {
  const seen = seenOf(collected(smallRun({ to: 4 }).signals$));
  for (let step = 0; step < 4; step++) {
    const ofStep = seen.filter((row) => row.step === step).map(({ site }) => site);
    assert.equal([...ofStep].sort(), [...sites].sort());
    assert.equal(
      ofStep,
      seen.slice(0, sites.length).map(({ site }) => site),
    );
  }
});

test("a sink that cannot be closed ends the stream with its error, and is closed once however the stream ends", () => {
  const full = (): never => {
    throw new Error("disk full");
  };
  const ends: string[] = [];
  const listener = {
    complete: () => ends.push("complete"),
    error: ({ message }: Error) => ends.push(message),
  };
  const signals$ = smallRun({ to: 1 }).signals$;
  signals$.pipe(record({ append: () => {}, close: full })).subscribe(listener);
  const [unheard, cut, failing] = [sink(), sink(), sink()];
  signals$.pipe(record({ ...unheard, append: full })).subscribe(listener);
  signals$.pipe(record(cut), take(1)).subscribe(listener);
  throwError(() => new Error("a step"))
    .pipe(record({ ...failing, close: full }))
    .subscribe(listener);
  assert.equal(ends, ["disk full", "disk full", "complete", "a step"]);
  assert.equal(
    [unheard, cut].map(({ state }) => state.closed),
    [1, 1],
  );
});

test("a recorder changes nothing that passes, keeps every row, and closes its sink at the end", () => {
  const kept = sink();
  const signals = collected(smallRun({ to: 3 }).signals$.pipe(record(kept)));
  assert.equal(kept.rows, seenOf(signals));
  assert.is(kept.state.closed, 1);
  const plain = collected(smallRun({ to: 3 }).signals$);
  assert.equal(
    signals.map(({ _tag }) => _tag),
    plain.map(({ _tag }) => _tag),
  );
});

test("a recorder closes its sink when the run fails, and when nobody listens any longer", () => {
  const [failed, left] = [sink(), sink()];
  throwError(() => new Error("lost"))
    .pipe(record(failed))
    .subscribe({ error: () => {} });
  smallRun({ to: 3 }).signals$.pipe(record(left), take(2)).subscribe();
  assert.equal([failed.state.closed, left.state.closed], [1, 1]);
});

test("a sink that cannot keep up ends the run with its own error", () => {
  const full = {
    append: () => {
      throw new Error("the queue is full");
    },
    close: () => {},
  };
  assert.throws(() => collected(smallRun({ to: 3 }).signals$.pipe(record(full))), /the queue is full/);
});

for (const [name, estimator] of estimators)
  test(`${name}: replaying a recorded run gives the very ranges, bit for bit, at every site`, () => {
    const kept = sink();
    collected(smallRun({ to: 8 }, { quantizer: quantizing(estimator) }).signals$.pipe(record(kept)));
    const rows: RangeSeen[] = JSON.parse(JSON.stringify(kept.rows));
    for (const site of sites) {
      const live = rows.filter((row) => row.site === site).map(({ range }) => range);
      const replayed: Range[] = [];
      replay(rows)
        .pipe(at(site), estimator)
        .subscribe((range) => replayed.push(range));
      assert.equal(replayed.slice(0, live.length), live, site);
    }
  });

test("another estimator can be replayed over the same statistics without training again", () => {
  const kept = sink();
  collected(smallRun({ to: 4 }).signals$.pipe(record(kept)));
  const rows = kept.rows.filter(({ site }) => site === "block/input");
  const ranges: Range[] = [];
  replay(kept.rows)
    .pipe(at("block/input"), currentMinMax())
    .subscribe((range) => ranges.push(range));
  assert.equal(
    ranges,
    rows.map(({ stat }) => ({ lo: stat.min, hi: stat.max })),
  );
});

test("at leaves out other sites, other signals, and what did not reach the estimator", () => {
  const [one] = seenOf(collected(smallRun({ to: 1 }).signals$)) as [RangeSeen];
  const stream: readonly Signal[] = [
    one,
    { ...one, site: "elsewhere" },
    { ...one, verdict: "nonFinite" },
    { _tag: "Metric", step: 0, name: one.site, value: 0, samples: 1, training: true },
  ];
  const stats: RangeStat[] = [];
  of(...stream)
    .pipe(at(one.site))
    .subscribe((stat) => stats.push(stat));
  assert.equal(stats, [one.stat]);
});

for (const [name, estimator] of estimators)
  test(`${name}: a run resumed from weights and recorded statistics ends with the same bits`, () => {
    const quantizer = quantizing(estimator);
    const whole = smallRun({ to: 8 }, { quantizer });
    const wholeRows = seenOf(collected(whole.signals$));

    const begun = smallRun({ to: 5 }, { quantizer });
    const rows = seenOf(collected(begun.signals$));
    const history = (site: string): readonly RangeSeen[] =>
      rows.filter((row) => row.site === site && row.verdict === "observed");
    const resumed = smallRun({ from: 5, to: 8, weights: begun.weights() }, { quantizer, history });
    const resumedRows = seenOf(collected(resumed.signals$));

    assert.equal(resumedRows, wholeRows.slice(rows.length));
    sameBits(resumed.weights(), whole.weights(), "weight");
  });

test("the same seed gives the same run, to the bit", () => {
  const [one, two] = [smallRun({ to: 4 }), smallRun({ to: 4 })];
  const [a, b] = [collected(one.signals$), collected(two.signals$)];
  assert.equal(metricsOf(a), metricsOf(b));
  sameBits(one.weights(), two.weights(), "weight");
});

test("a quantized run learns: the loss of the same four batches falls", () => {
  const losses = metricsOf(collected(smallRun({ to: 40 }).signals$)).filter(({ name }) => name === "loss");
  const mean = (some: readonly { readonly value: number }[]) =>
    some.reduce((s, m) => s + m.value / some.length, 0);
  assert.ok(
    mean(losses.slice(-4)) < mean(losses.slice(0, 4)) / 2,
    `${mean(losses.slice(0, 4))} to ${mean(losses.slice(-4))}`,
  );
});

test("what a snapshot has copied is there when the next step has begun; what it has not is gone", () => {
  const { signals$, engine } = smallRun({ to: 2 });
  const numbersOf = (signal: Signal): Float32Array =>
    signal._tag === "ParameterGradient" ? elements(signal.gradient) : new Float32Array(0);
  const during: Float32Array[] = [];
  const signals = collected(
    signals$.pipe(
      tap((signal) => during.push(numbersOf(signal).slice())),
      snapshot(engine),
      map((signal) => signal),
    ),
  );
  engine.beginStep();
  signals.forEach((signal, i) => {
    sameBits(numbersOf(signal), during[i]!, "copied gradient");
  });
  assert.ok(Number.isFinite(numbers(outcome(signals).x)[0]));
  const unsaved = smallRun({ to: 2 });
  const lost = collected(unsaved.signals$);
  unsaved.engine.beginStep();
  assert.ok(gradientsOf(lost).every((signal) => Number.isNaN(numbersOf(signal)[0]!)));
});

test("a summary counts tensors, elements and clips by role, and averages metrics over samples", () => {
  const summary = summarizer();
  const signals = collected(smallRun({ to: 6 }).signals$);
  signals.forEach(summary.add);
  const { roles, metrics, faults } = summary.read();
  assert.is(faults, 0);
  assert.is(metrics.find(({ name }) => name === "loss")?.samples, 18);
  for (const role of ["weight", "activation", "gradient"] as const) {
    const seen = seenOf(signals).filter((row) => row.role === role);
    const found = roles.get(role)!;
    assert.is(
      found.elements,
      seen.reduce((sum, { stat }) => sum + stat.count, 0),
    );
    assert.is(
      found.clipped,
      seen.reduce((sum, { clipped }) => sum + clipped, 0),
    );
    assert.is(found.sites.size, 3);
    for (const counts of found.sites.values()) {
      assert.equal(counts, { statically: 5, dynamically: 1 });
      assert.ok(isStaticSite(counts));
    }
  }
  assert.is(only("Updated")(signals).length, 6);
});

test.run();
