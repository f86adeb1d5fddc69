/** @file What an operator between layers may do to an activation, and what it may not: each is an error that says where, never a silent end. */
import { spawn } from "node:child_process";
import { setTimeout as pauseFor } from "node:timers/promises";
import {
  bufferCount,
  concatMap,
  delay,
  filter,
  mergeMap,
  NEVER,
  type Observable,
  of,
  take,
  takeWhile,
  tap,
} from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import { key } from "../../../core/random.ts";
import type { Signal } from "../../../core/signal.ts";
import { batchNorm } from "../../../operators/layers/batchNorm.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { residual } from "../../../operators/layers/residual.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { scopeFor } from "../../../operators/module/build.ts";
import { type Layer, onActivation } from "../../../operators/module/layer.ts";
import type { Module } from "../../../operators/module/module.ts";
import { type RunBatchesOptions, runBatches } from "../../../operators/module/runBatches.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { sgd } from "../../../operators/training/sgd.ts";
import { forgetful } from "../../support/forgetful.ts";
import { marbles } from "../../support/marbles.ts";
import { gaussian } from "../../support/tensors.ts";
import { batch, built, testScope } from "../../support/testScope.ts";

const test = suite("lost batches");

/** An operator between layers, as a module. */
const between =
  (layer: Layer): Module =>
  ({ shape }) => ({ _tag: "Right", right: { layer, shape } });

const isActivation = ({ _tag }: Signal): boolean => _tag === "Activation";

/** A network that learns, with an operator at a place of one's choice; how its 8 steps end. */
const endOf = (
  network: (operator: Module) => Module,
  operator: Layer,
  options: Partial<RunBatchesOptions> = {},
): Promise<string> =>
  new Promise((resolve) => {
    const engine = forgetful();
    const scope = testScope({ shape: [4, 4, 2], engine, seed: key(1) });
    const { layer } = built(network(between(operator)), scope);
    let steps = 0;
    runBatches({ to: 8, patience: 0.05, ...options }, (step) => {
      engine.beginStep();
      return batch(gaussian([3, 4, 4, 2], `batch ${step}`), { step, target: Int32Array.of(0, 1, 2) });
    })(layer).subscribe({
      next: (signal) => {
        if (isActivation(signal)) steps++;
      },
      error: (error: unknown) => {
        assert.instance(error, RangeflowFailure, String(error));
        resolve(`${steps}: ${(error as Error).message}`);
      },
      complete: () => resolve(`${steps}: completed`),
    });
  });

/** Patience for operators whose activations come: longer than any machine is busy with something else. */
const patient: Partial<RunBatchesOptions> = { patience: 60 };

const end = sequential(dense("dense", { units: 3 }), crossEntropy(), sgd({ rate: constantRate(0.01) }));
const conv = conv2d("conv", { outChannels: 2, kernel: 3, padding: 1 });

/** The operator between two layers, at the end, at the beginning, and in a branch. */
const inFront = (operator: Module): Module => sequential(operator, conv, batchNorm("norm"), relu(), end);
const amid = (operator: Module): Module => sequential(conv, batchNorm("norm"), operator, relu(), end);
const behind = (operator: Module): Module => sequential(conv, batchNorm("norm"), end, operator);
const inBranch = (operator: Module): Module => sequential(conv, residual(sequential(relu(), operator)), end);
const everywhere = { inFront, amid, behind, inBranch };

/** All batches, of three images, look alike to an operator: the second activation, wherever it is. */
const once = (what: (signal: Signal) => readonly Signal[]): Layer => {
  return (signals$) => {
    let n = 0;
    return signals$.pipe(mergeMap((signal) => (isActivation(signal) && n++ === 1 ? what(signal) : [signal])));
  };
};

const places: Readonly<Record<keyof typeof everywhere, string>> = {
  inFront: "network, step 1",
  amid: "behind norm, step 1",
  behind: "behind dense .. loss, step 1",
  inBranch: "behind conv, step 1",
};

const lost =
  "no activation within 0.05 s, expected one activation out for each one in; look there for an operator that drops or holds it, such as filter or bufferCount; a slow operator needs a longer patience.";

for (const [where, network] of Object.entries(everywhere)) {
  const place = places[where as keyof typeof everywhere];

  test(`${where}: an activation that is dropped, or held back, is missed after a while`, async () => {
    assert.is(
      await endOf(
        network,
        once(() => []),
      ),
      `1: ${place}: ${lost}`,
    );
    assert.is(
      await endOf(network, (signals$) =>
        signals$.pipe(filter((signal) => !isActivation(signal) || signal.step !== 1)),
      ),
      `1: ${place}: ${lost}`,
    );
    const two: Layer = (signals$) =>
      signals$.pipe(
        filter(isActivation),
        bufferCount(2),
        concatMap((pair) => pair),
      );
    assert.is(await endOf(network, two), `0: ${place.replace("step 1", "step 0")}: ${lost}`);
  });

  test(`${where}: an activation that comes twice is refused at once`, async () => {
    const sentence = await endOf(
      network,
      once((signal) => [signal, signal]),
    );
    assert.match(
      sentence,
      /^[12]: \S.*, step 1: an activation that had already arrived, expected one activation out for each one in; look there/,
    );
    const copied = await endOf(
      network,
      once((signal) => [signal, { ...signal }]),
    );
    assert.match(copied, /, step 1: an activation that had already arrived/);
  });

  test(`${where}: what is no signal is refused at once`, async () => {
    for (const [odd, text] of [
      [null, "null"],
      [undefined, "undefined"],
      [5, "5"],
    ] as const)
      assert.match(
        await endOf(
          network,
          once(() => [odd as unknown as Signal]),
        ),
        new RegExp(
          `^1: (behind|in front of|network).*, step 1: ${text} among the signals, expected signals only; `,
        ),
      );
  });

  test(`${where}: a stream that ends early is an error, not an end`, async () => {
    const twice: Layer = (signals$) =>
      signals$.pipe(takeWhile((signal) => !isActivation(signal) || signal.step < 2));
    assert.match(await endOf(network, twice), /^2: .*, step [12]: the stream completed after 2/);
    assert.match(await endOf(network, take(0)), /^0: .*: the stream completed after 0/);
  });

  test(`${where}: what waits, but not for too long, and what only looks on, may stand there`, async () => {
    assert.is(
      await endOf(network, (signals$) => signals$.pipe(concatMap((s) => of(s).pipe(delay(1)))), patient),
      "8: completed",
    );
    assert.is(
      await endOf(
        network,
        tap(() => {}),
        patient,
      ),
      "8: completed",
    );
    assert.is(await endOf(network, filter(isActivation), patient), "8: completed");
  });
}

test("where layers are operators in a pipe, the one behind is named", async () => {
  const scope = testScope({ shape: [4, 4, 2] });
  const [first, second] = [built(batchNorm("one"), scope).layer, built(batchNorm("two"), scope).layer];
  const ends = (operator: Layer): Promise<string> =>
    new Promise((resolve) => {
      runBatches({ to: 8 }, (step) => batch(gaussian([1, 4, 4, 2], "x"), { step }))((signals$) =>
        signals$.pipe(first, operator, second),
      ).subscribe({
        error: (error: Error) => resolve(error.message),
        complete: () => resolve("completed"),
      });
    });
  assert.match(
    await ends(once((s) => [s, s])),
    /^in front of two, step 1: an activation that had already arrived/,
  );
  assert.match(
    await ends(take(2)),
    /^in front of two, step 1: the stream completed after 2 of 8 batches, expected/,
  );
});

test("a layer may take longer than an operator", async () => {
  const slow = between(
    onActivation(async (activation) => {
      await pauseFor(40);
      return activation;
    }).layer,
  );
  assert.is(
    await endOf(
      () => sequential(conv, slow, end),
      tap(() => {}),
      { to: 2, patience: 0.01 },
    ),
    "2: completed",
  );
});

test("a scope waits ten seconds for an estimator, unless it is told otherwise", () => {
  const { patience } = scopeFor({ engine: forgetful(), shape: [1, 1, 1] });
  marbles(({ expectObservable }) => {
    expectObservable(patience(NEVER as Observable<string>)).toBe("10s #", undefined, new Error());
  });
});

test("`stopped` that throws, or promises an answer, is the error of the stream, with a sentence", async () => {
  const throwing = (): boolean => {
    throw new Error("no such file");
  };
  const failing = await endOf(
    amid,
    tap(() => {}),
    { stopped: throwing },
  );
  assert.is(failing, "0: stopped, before batch 0: threw no such file, expected true or false at once.");
  const promising = (async () => false) as unknown as () => boolean;
  assert.match(
    await endOf(
      amid,
      tap(() => {}),
      { stopped: promising },
    ),
    /^0: stopped, before batch 0: returned a promise/,
  );
});

test("a process that waits for a batch lives until it has said that the batch is lost", async () => {
  const dist = new URL("../../../", import.meta.url);
  const program = `
    import { filter } from "rxjs";
    const { runBatches } = await import("${dist}operators/module/runBatches.js");
    const make = (step) => ({ _tag: "Activation", step, training: true, target: new Int32Array(1), pullback: () => {} });
    runBatches({ to: 3, patience: 0.1 }, make)(filter(({ step }) => step < 1))
      .subscribe({ error: ({ message }) => { console.log(message); process.exitCode = 3; } });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
  let out = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.is(code, 3);
  assert.match(out, /^network, step 1: no activation within 0.1 s/);
});

test.run();
