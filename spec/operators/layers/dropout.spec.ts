/** @file Dropout: which elements stay and by which factor, in training, backward, in evaluation and on each engine. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import type { PassResult } from "../../../core/pass.ts";
import { key } from "../../../core/random.ts";
import { type DropoutOptions, dropout } from "../../../operators/layers/dropout.ts";
import { float32Copy } from "../../../operators/module/float32Copy.ts";
import { under } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { checkGradients } from "../../../operators/training/checkGradients.ts";
import { elements } from "../../support/elements.ts";
import { gaussian } from "../../support/tensors.ts";
import { batch, built, numbers, opened, outcome, refusals, testScope } from "../../support/testScope.ts";

const test = suite("dropout");
const shape = [8, 5, 5, 16] as const;
const x = gaussian(shape, "x");

interface How extends DropoutOptions {
  readonly name?: string;
  readonly step?: number;
  readonly seed?: number;
  readonly engine?: ReturnType<typeof reference>;
}

/** Output of a training step, computed by its engine. */
const trained = ({ name = "drop", p, step = 0, seed = 1, engine = reference() }: How = {}) => {
  const scope = testScope({ shape: [5, 5, 16], seed: key(seed), engine });
  const options = p === undefined ? {} : { p };
  const { x: y } = outcome(opened(built(dropout(name, options), scope).layer)(batch(x, { step })));
  return elements((engine.run(y, { store: true }) as Required<PassResult>).stored);
};

const zeros = (values: Float32Array): number => values.filter((value) => value === 0).length;

test("a share of p is 0, and the others are divided by 1 - p", () => {
  for (const p of [0.1, 0.5, 0.8]) {
    const y = trained({ p });
    const scale = Math.fround(1 / (1 - p));
    const values = elements(x);
    for (const [i, value] of y.entries()) assert.ok(value === 0 || value === Math.fround(values[i]! * scale));
    // Of 3,200 draws, within four standard deviations.
    assert.ok(Math.abs(zeros(y) / 3200 - p) < 4 * Math.sqrt((p * (1 - p)) / 3200), `${zeros(y)} for ${p}`);
  }
  assert.equal(trained({ p: 0 }), elements(x));
  assert.equal(trained(), trained({ p: 0.5 }));
});

test("the seed, the path and the step choose what is dropped, each by itself; a repeated step drops the same", () => {
  const y = trained();
  assert.equal(trained(), y);
  for (const other of [{ seed: 2 }, { step: 1 }, { name: "drop2" }]) {
    const same = trained(other).filter((value, i) => (value === 0) === (y[i] === 0)).length / 3200;
    assert.ok(Math.abs(same - 0.5) < 0.05, `${JSON.stringify(other)}: ${same}`);
  }
});

test("the engines drop the same elements", () => {
  assert.equal(trained({ engine: simd() }), trained());
});

test("gradients are those of finite differences", () => {
  const engine = reference();
  for (const module of [dropout("drop", { p: 0.3 }), sequential(dropout("a"), dropout("b", { p: 0.2 }))])
    for (const { error } of checkGradients(module, { engine, shape: [3, 3, 4] })) assert.ok(error < 2e-3);
});

test("evaluation passes the input on", () => {
  const scope = testScope({ shape: [5, 5, 16] });
  const signals = opened(built(dropout("drop"), scope).layer)(batch(x, { training: false }));
  assert.equal(numbers(outcome(signals).x), elements(x));
});

test("a second dropout of one name, which would drop the same elements, is refused", () => {
  const once = dropout("drop");
  const twice =
    "drop: a second dropout of this name, which would drop the same elements, expected a unique name for every layer.";
  assert.equal(refusals(sequential(once, once), testScope({ shape: [5, 5, 16] })), [twice]);
  const scope = testScope({ shape: [5, 5, 16] });
  assert.equal(refusals(sequential(under("a", once), under("b", once)), scope), []);
  assert.equal(refusals(once, float32Copy(testScope({ claim: () => false }))), []);
});

test("no name, and a p outside of [0, 1), are refused", () => {
  const scope = testScope({ shape: [5, 5, 16] });
  assert.equal(refusals(dropout(""), scope), ["dropout: no name, expected a name that no other layer has."]);
  for (const p of [1, -0.1, Number.NaN])
    assert.equal(refusals(dropout("drop", { p }), scope), [
      `drop: a p of ${p}, expected a number from 0 to less than 1.`,
    ]);
  assert.match(refusals(dropout("drop", { rate: 0.5 } as never), scope).join(), /rate/);
});

test.run();
