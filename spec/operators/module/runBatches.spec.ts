/** @file Batches are pulled through a network one after another, however many, however slow. */
import { setTimeout as pauseFor } from "node:timers/promises";
import { concatMap, delay, map, mergeMap, of, take, tap, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Activation, Signal } from "../../../core/signal.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { type Layer, onActivation } from "../../../operators/module/layer.ts";
import { runBatches } from "../../../operators/module/runBatches.ts";
import { heapUsed } from "../../support/heapUsed.ts";
import { row } from "../../support/tensors.ts";
import { batch, built, collected, testScope } from "../../support/testScope.ts";

const test = suite("runBatches");

const x = row(1);
const make = (step: number): Activation => batch(x, { step });
const passing: Layer = (signals$) => signals$;

const steps = (signals: readonly Signal[]): readonly number[] => signals.map(({ step }) => step);

test("makes the batches from the first index to the one before the last, in order, and completes", async () => {
  assert.equal(steps(collected(runBatches({ to: 3 }, make)(passing))), [0, 1, 2]);
  assert.equal(steps(collected(runBatches({ from: 5, to: 7 }, make)(passing))), [5, 6]);
  assert.equal(collected(runBatches({ to: 0 }, make)(passing)), []);
  let ends = 0;
  for (const options of [{ to: 3 }, { to: 0 }, { from: 4, to: 4 }])
    runBatches(options, make)(passing).subscribe({ complete: () => ends++ });
  assert.is(ends, 3);
});

test("indices and a patience that are none are refused, rather than waited for without end", () => {
  const refused = (options: Parameters<typeof runBatches>[0], sentence: RegExp): void =>
    assert.throws(() => runBatches(options, make), sentence);
  refused({ to: Number.NaN }, /^runBatches: to is NaN, expected the index after the last batch, or Infinity/);
  refused({} as never, /^runBatches: to is undefined/);
  refused({ from: 0.5, to: 1 }, /^runBatches: from is 0.5/);
  refused({ to: 1, patience: Number.NaN }, /^runBatches: patience is NaN/);
});

test("a million synchronous steps through a layer do not overflow the stack", () => {
  const { layer: counting } = onActivation((activation) => activation);
  let count = 0;
  let last = -1;
  runBatches(
    { to: 1_000_000 },
    make,
  )(counting).subscribe(({ step }) => {
    count++;
    last = step;
  });
  assert.equal([count, last], [1_000_000, 999_999]);
});

test("memory stays flat over the steps", () => {
  const kept: number[] = [];
  runBatches(
    { to: 90_000 },
    make,
  )(built(relu(), testScope()).layer).subscribe(({ step }) => {
    if (step % 30_000 === 29_999) kept.push(heapUsed());
  });
  const growth = (kept[2]! - kept[0]!) / 2 ** 20;
  assert.ok(growth < 2, `${growth} MiB in 60,000 steps`);
});

test("the next batch is made when the one before has come out, and not earlier", async () => {
  const log: string[] = [];
  const { layer: slow } = onActivation(async (activation) => {
    await pauseFor(1);
    return activation;
  });
  const out$ = runBatches({ to: 3 }, (step) => {
    log.push(`make ${step}`);
    return make(step);
  })(slow).pipe(tap(({ step }) => log.push(`done ${step}`)));
  await new Promise<void>((done) => out$.subscribe({ complete: done }));
  assert.equal(log, ["make 0", "done 0", "make 1", "done 1", "make 2", "done 2"]);
});

test("never more than one batch is under way, however slow a network is", async () => {
  let underWay = 0;
  const numbers: number[] = [];
  const slow: Layer = mergeMap((signal) => of(signal).pipe(delay(1 + (signal.step % 3))));
  const out$ = runBatches({ to: 6 }, (step) => {
    numbers.push(++underWay);
    return make(step);
  })(slow).pipe(
    tap(() => underWay--),
    toArray(),
  );
  const signals = await new Promise<readonly Signal[]>((done) => out$.subscribe(done));
  assert.is(signals.length, 6);
  assert.equal(numbers, [1, 1, 1, 1, 1, 1]);
});

test("the network is subscribed once, so its state lives from batch to batch", () => {
  let subscriptions = 0;
  const numbering: Layer = (signals$) => {
    subscriptions++;
    return signals$.pipe(map((signal, n) => ({ ...signal, step: 10 * n })));
  };
  assert.equal(steps(collected(runBatches({ to: 4 }, make)(numbering))), [0, 10, 20, 30]);
  assert.is(subscriptions, 1);
});

test("other signals pass, and do not count as a batch", () => {
  const metric = (step: number): Signal => ({
    _tag: "Metric",
    step,
    name: "n",
    value: 0,
    samples: 1,
    training: true,
  });
  const { layer: talking } = onActivation((activation, emit) => {
    emit(metric(activation.step));
    return activation;
  });
  assert.equal(
    collected(runBatches({ to: 2 }, make)(talking)).map(({ _tag, step }) => `${_tag} ${step}`),
    ["Metric 0", "Activation 0", "Metric 1", "Activation 1"],
  );
});

test("unsubscribing early makes no further batch", () => {
  let made = 0;
  const counted = (step: number): Activation => {
    made++;
    return make(step);
  };
  const taken = collected(runBatches({ to: 1000 }, counted)(passing).pipe(take(3)));
  assert.is(taken.length, 3);
  assert.is(made, 3);
});

test("a batch that cannot be made, or a network that fails, ends the stream with its error", () => {
  const failing = (step: number): Activation => {
    if (step === 2) throw new Error("no such image");
    return make(step);
  };
  assert.throws(() => collected(runBatches({ to: 5 }, failing)(passing)), /no such image/);
  const broken: Layer = concatMap((signal) => {
    if (signal.step === 2) throw new Error("lost device");
    return of(signal);
  });
  assert.throws(() => collected(runBatches({ to: 5 }, make)(broken)), /lost device/);
});

test("runBatches that is told to stop ends before the next batch", () => {
  let isStopped = false;
  const out$ = runBatches(
    { to: 10, stopped: () => isStopped },
    make,
  )(passing).pipe(
    tap(({ step }) => {
      isStopped = step === 3;
    }),
  );
  let completed = false;
  const seen: number[] = [];
  out$.subscribe({
    next: ({ step }) => seen.push(step),
    complete: () => {
      completed = true;
    },
  });
  assert.equal(seen, [0, 1, 2, 3]);
  assert.ok(completed);
});

test("runBatches that pauses goes on where it stopped", async () => {
  const log: string[] = [];
  const pause = (resume: () => void): boolean => {
    setTimeout(() => {
      log.push("others");
      resume();
    });
    return true;
  };
  await new Promise<void>((done) =>
    runBatches(
      { to: 3, pause },
      make,
    )(passing).subscribe({ next: ({ step }) => log.push(`${step}`), complete: done }),
  );
  assert.equal(log, ["others", "0", "others", "1", "others", "2"]);
});

test("what is asked between batches and throws, or promises an answer, ends the stream with a sentence", () => {
  const boom = (): never => {
    throw new Error("boom");
  };
  for (const name of ["stopped", "pause"] as const)
    for (const [ask, found] of [
      [boom, "threw boom"],
      [async () => true, "returned a promise"],
    ] as const)
      assert.throws(
        () => collected(runBatches({ to: 3, [name]: ask as () => boolean }, make)(passing)),
        new RegExp(`^${name}, before batch 0: ${found}, expected true or false at once`),
      );
});

test.run();
