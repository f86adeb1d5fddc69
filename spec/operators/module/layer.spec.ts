/** @file Layers: one operator or several in a row, at once or late, heard or not. */
import { setTimeout as pauseFor } from "node:timers/promises";
import { concat, defer, delay, finalize, NEVER, type Observable, of, take, tap } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Eventual } from "../../../core/eventual.ts";
import type { Activation, Signal } from "../../../core/signal.ts";
import { tensor } from "../../../core/tensor.ts";
import { batchNorm } from "../../../operators/layers/batchNorm.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { residual } from "../../../operators/layers/residual.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { chained, type Openable, onActivation, openable } from "../../../operators/module/layer.ts";
import type { Module } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { sgd } from "../../../operators/training/sgd.ts";
import { elements } from "../../support/elements.ts";
import { gaussian, row } from "../../support/tensors.ts";
import {
  batch,
  built,
  collected,
  gradientsOf,
  numbers,
  opened,
  outcome,
  quantizing,
  testScope,
} from "../../support/testScope.ts";

const test = suite("layers as operators");

const metric = (name: string, step = 0): Signal => ({
  _tag: "Metric",
  step,
  name,
  value: 0,
  samples: 1,
  training: true,
});

/** Says its name and passes the activation on, now or later. */
const talking = (name: string, later?: (activation: Activation) => Promise<Activation>): Openable =>
  onActivation((activation, emit) => {
    emit(metric(name, activation.step));
    return later ? later(activation) : activation;
  });

const aLittleLater = async <T>(value: T): Promise<T> => {
  await pauseFor(1);
  return value;
};

const told = (signals: readonly Signal[]): readonly string[] =>
  signals.map((signal) => `${signal._tag === "Metric" ? signal.name : signal._tag} ${signal.step}`);

/** The same operator, without a word about how it is opened. */
const asOperator = ({ layer }: Openable): Openable => ({ layer });

const batches = [0, 1].map((step) => batch(row(step), { step }));

/** Everything that a layer emits until it completes, and what it fails with. */
const lived = ({ layer }: Openable, signals: readonly Signal[] = batches): Promise<readonly string[]> =>
  new Promise((resolve) => {
    const seen: Signal[] = [];
    layer(of(...signals)).subscribe({
      next: (signal) => seen.push(signal),
      error: (error: Error) => resolve([...told(seen), error.message]),
      complete: () => resolve([...told(seen), "completed"]),
    });
  });

test("layers in a row emit the same whether they make one operator or several, at once or late", async () => {
  const expected = ["a 0", "b 0", "c 0", "Activation 0", "a 1", "b 1", "c 1", "Activation 1", "completed"];
  for (const later of [undefined, aLittleLater]) {
    const layers = [talking("a"), talking("b", later), talking("c")];
    assert.ok(chained(layers).opening);
    assert.equal(await lived(chained(layers)), expected);
    assert.equal(await lived(chained(layers.map(asOperator))), expected);
    assert.equal(await lived(chained(layers.with(1, asOperator(layers[1]!)))), expected);
  }
});

test("an operator among layers sees what those in front of it emit", async () => {
  const seen: Signal[] = [];
  const layers = [talking("a"), { layer: tap<Signal>((signal) => seen.push(signal)) }, talking("b")];
  await lived(chained(layers));
  assert.equal(told(seen), ["a 0", "Activation 0", "a 1", "Activation 1"]);
});

test("signals and activations behind a late one wait for it", async () => {
  const signals = [batches[0]!, metric("behind"), batches[1]!];
  assert.equal(await lived(talking("a", aLittleLater), signals), [
    ...["a 0", "Activation 0", "behind 0", "a 1", "Activation 1", "completed"],
  ]);
});

test("what a layer throws, or a promise fails with, is the error of the stream, and nothing comes after it", async () => {
  const throwing = onActivation(() => {
    throw new Error("a mistake");
  });
  const failing = onActivation(() => Promise.reject(new Error("lost device")));
  assert.equal(await lived(chained([talking("a"), throwing, talking("b")])), ["a 0", "a mistake"]);
  assert.equal(await lived(chained([talking("a"), failing, talking("b")])), ["a 0", "lost device"]);
});

test("a step whose signals nobody hears any more ends there", async () => {
  for (const later of [undefined, aLittleLater]) {
    const ran: string[] = [];
    const noting = (name: string): Openable =>
      onActivation((activation, emit) => {
        ran.push(name);
        emit(metric(name));
        ran.push(`${name} went on`);
        return activation;
      });
    const layers = [talking("a", later), noting("b"), noting("c")];
    await new Promise<void>((done) => {
      chained(layers)
        .layer(of(...batches))
        .pipe(take(2))
        .subscribe({ complete: done });
    });
    await pauseFor(5);
    assert.equal(ran, ["b"]);
  }
});

test("every subscription opens its layers, and closes them when it ends", () => {
  const log: string[] = [];
  let count = 0;
  const noting = openable(() => {
    const name = ++count;
    log.push(`open ${name}`);
    return { run: (activation) => activation, unsubscribe: () => log.push(`close ${name}`) };
  });
  const { layer } = chained([noting, noting]);
  assert.equal(log, []);
  layer(of(batches[0]!)).subscribe();
  assert.equal(log, ["open 1", "open 2", "close 1", "close 2"]);
  layer(NEVER).subscribe().unsubscribe();
  assert.equal(log.slice(4), ["open 3", "open 4", "close 3", "close 4"]);
});

test("an estimator that is waited for is let go when nobody listens any more", () => {
  let isWaiting = false;
  const patience = <T>(answer$: Observable<T>): Observable<T> =>
    defer(() => {
      isWaiting = true;
      return answer$;
    }).pipe(
      finalize(() => {
        isWaiting = false;
      }),
    );
  const quantizer = quantizing(() => NEVER);
  const { layer } = built(quantize({ activation: "x" }), testScope({ quantizer, patience }));
  const subscription = layer(concat(of(batches[1]!), NEVER)).subscribe();
  assert.ok(isWaiting);
  subscription.unsubscribe();
  assert.not(isWaiting);
});

const x = gaussian([2, 3, 3, 2], "x");
const scope = () => testScope({ shape: [3, 3, 2] });

/** A module whose layer is an operator that the others know nothing of. */
const operator =
  (change: (activation: Activation) => Eventual<Activation>): Module =>
  ({ shape }) => ({
    _tag: "Right",
    right: { shape, ...asOperator(onActivation(change)) },
  });

test("a branch that is just an operator does what one that can be opened does, also when it answers late", async () => {
  const plain = outcome(opened(built(residual(relu()), scope()).layer)(batch(x)));
  const hidden: Module = (s) => {
    const right = built(relu(), s);
    return { _tag: "Right", right: { shape: right.shape, ...asOperator(right) } };
  };
  const streamed = outcome(opened(built(residual(hidden), scope()).layer)(batch(x)));
  assert.equal(numbers(streamed.x), numbers(plain.x));
  const late: Module = (s) => {
    const right = built(relu(), s);
    return { _tag: "Right", right: { shape: right.shape, layer: (s$) => right.layer(s$.pipe(delay(1))) } };
  };
  const layer = built(residual(late), scope()).layer;
  const signals = await new Promise<Signal[]>((resolve) => {
    const seen: Signal[] = [];
    layer(of(batch(x), batch(x, { step: 1 }))).subscribe({
      next: (signal) => seen.push(signal),
      complete: () => resolve(seen),
    });
  });
  assert.equal(told(signals), ["Activation 0", "Activation 1"]);
  assert.equal(numbers(outcome(signals).x), numbers(plain.x));
});

test("a signal that is still to come keeps its place, and its step waits for it", async () => {
  const announcing = onActivation((activation, emit) => {
    const { step } = activation;
    emit(metric("first", step));
    emit(aLittleLater(metric("late", step)));
    emit(metric("behind", step));
    emit(aLittleLater(undefined));
    emit(Promise.resolve(metric("last", step)));
    return activation;
  });
  const each = (step: number) =>
    ["first", "late", "behind", "last", "Activation"].map((name) => `${name} ${step}`);
  assert.equal(await lived(announcing), [...each(0), ...each(1), "completed"]);
  assert.equal(await lived(chained([announcing, talking("next")])), [
    ...each(0).toSpliced(4, 0, "next 0"),
    ...each(1).toSpliced(4, 0, "next 1"),
    "completed",
  ]);
});

test("a signal that never comes ends the stream after all that was said before it", async () => {
  const lost = async (): Promise<Signal> => {
    await pauseFor(1);
    throw new Error("lost device");
  };
  const losing = onActivation((activation, emit) => {
    emit(aLittleLater(metric("before", activation.step)));
    emit(lost());
    emit(metric("behind", activation.step));
    return activation;
  });
  assert.equal(await lived(losing), ["before 0", "lost device"]);
  const failing = onActivation((activation, emit) => {
    emit(aLittleLater(metric("before", activation.step)));
    throw new Error("a mistake");
  });
  assert.equal(await lived(failing), ["before 0", "a mistake"]);
});

test("sgd waits for a gradient that is still to come", async () => {
  const own = testScope();
  const weight = own.parameters.create("w", "weight", [2], (value) => value.fill(1));
  const step = built(sgd({ rate: constantRate(0.5) }), own);
  const late = batch(row(1), {
    pullback: (_, emit) =>
      emit(
        aLittleLater<Signal>({
          _tag: "ParameterGradient",
          step: 0,
          parameter: weight,
          gradient: tensor(Float32Array.of(1, 2), [2]),
        }),
      ),
  });
  assert.equal(await lived(step, [late]), ["ParameterGradient 0", "Updated 1", "Activation 0", "completed"]);
  assert.equal([...elements(weight.value)], [0.5, 0]);
});

test("a branch that fails ends the stream, at once or late", async () => {
  const fails = (error: Error) => operator(() => Promise.reject(error));
  const throws = operator(() => {
    throw new Error("a mistake");
  });
  assert.throws(() => collected(built(residual(throws), scope()).layer(of(batch(x)))), /a mistake/);
  const end = await lived(built(residual(fails(new Error("lost device"))), scope()), [batch(x)]);
  assert.equal(end, ["lost device"]);
});

test("a network of a thousand layers takes a step, forward and back, within the usual stack", () => {
  const norms = Array.from({ length: 1000 }, (_, n) => batchNorm(`norm${n}`));
  const network = sequential(...norms, crossEntropy(), sgd({ rate: constantRate(0.1) }));
  const x = tensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 1, 1, 3]);
  const signals = opened(built(network, testScope({ shape: [1, 1, 3] })).layer)(batch(x));
  assert.is(gradientsOf(signals).length, 2000);
  assert.is(signals.at(-1)?._tag, "Activation");
});

test.run();
