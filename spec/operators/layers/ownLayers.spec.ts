/** @file What a user adds to a network: activations, concatenations, branches and layers of one's own. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import type { Expr } from "../../../core/expr.ts";
import { activation } from "../../../operators/layers/activation.ts";
import { concat } from "../../../operators/layers/concat.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { scaled } from "../../../operators/layers/scaled.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { loss } from "../../../operators/losses/loss.ts";
import { identity } from "../../../operators/module/identity.ts";
import type { Module } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { branches } from "../../../operators/step/fork.ts";
import { layer } from "../../../operators/step/op.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { sgd } from "../../../operators/training/sgd.ts";
import { defaultQuantizer } from "../../../quantizers/defaultQuantizer.ts";
import { gradientsAgree } from "../../support/differences.ts";
import { elements } from "../../support/elements.ts";
import { gain, ownNetwork, silu, twiceAnd } from "../../support/ownNetwork.ts";
import { stepped } from "../../support/stepped.ts";
import { filled, gaussian } from "../../support/tensors.ts";
import { batch, built, metricsOf, numbers, opened, refusals, testScope } from "../../support/testScope.ts";

const test = suite("layers of one's own");

/** The bits of all parameters after three steps. */
const trained = (engine: Engine, images: number): readonly (readonly number[])[] => {
  const network = sequential(ownNetwork(), crossEntropy(), sgd({ rate: constantRate(0.1) }));
  const scope = testScope({ engine, shape: [6, 6, 3], quantizer: defaultQuantizer() });
  const run = opened(built(network, scope).layer);
  for (let step = 0; step < 3; step++) {
    engine.beginStep();
    run(batch(gaussian([images, 6, 6, 3], `batch ${step}`), { step, target: Int32Array.of(0, 3, 1) }));
  }
  return scope.parameters.list().map(({ value }) => [...elements(value)]);
};

test("a network of them trains to the same bits on every engine", () =>
  assert.equal(trained(simd(), 3), trained(reference(), 3)));

test("an engine has no more memory in use after a step of it than after the one before", () => {
  const engine = simd();
  const network = sequential(ownNetwork(), crossEntropy(), sgd({ rate: constantRate(0.1) }));
  const scope = testScope({ engine, shape: [6, 6, 3], quantizer: defaultQuantizer() });
  const run = opened(built(network, scope).layer);
  const used = [0, 1, 2].map((step) => {
    engine.beginStep();
    run(batch(gaussian([2, 6, 6, 3], `batch ${step}`), { step, target: Int32Array.of(0, 3) }));
    return engine.memory().step;
  });
  assert.is(used[2], used[1]);
});

test("concat puts channels behind each other, and takes their gradients apart", () => {
  const x = filled([1, 1, 2, 2], (i) => i + 1);
  const dy = filled([1, 1, 2, 4], (i) => 10 ** (i % 4));
  const { y, dx } = stepped(concat(scaled(-1), scaled(2)), x, dy);
  assert.equal(y.shape, [1, 1, 2, 4]);
  assert.equal([...numbers(y)], [-1, -2, 2, 4, -3, -4, 6, 8]);
  assert.equal([...numbers(dx)], [-1 + 200, -10 + 2000, -1 + 200, -10 + 2000]);
});

test("concat refuses images of different sizes, and no branches at all", () => {
  const larger = layer("", () => ({
    shape: [4, 3, 2],
    options: {},
    forward: (x) => ({ y: x, save: undefined }),
    backward: (dy) => ({ dx: dy }),
  }));
  const scope = testScope({ shape: [3, 3, 2], path: "block" });
  assert.equal(refusals(concat(identity(), larger), scope), [
    "block: branches of 3x3x2 and 4x3x2, expected images of the same height and width.",
  ]);
  assert.equal(refusals(concat(), scope), ["block: no branches, expected at least one."]);
});

test("branches say everything that is wrong with them at once", () => {
  const wrong = (text: string) =>
    layer(text, () => ({ _tag: "Problem", where: text, found: "a", expected: "b" }));
  assert.equal(
    refusals(
      branches([wrong("left"), relu(), wrong("right")], () => {
        throw new Error("joined what cannot be built");
      }),
      testScope(),
    ),
    ["left: a, expected b.", "right: a, expected b."],
  );
});

test("a join of one's own, and a layer with a parameter of its own: gradients agree with differences", () => {
  const x = gaussian([2, 3, 3, 2], "x");
  gradientsAgree(twiceAnd(gain("left"), silu()), x);
  gradientsAgree(gain("gain"), x);
});

test("a backward that forgets the gradient of a parameter ends the first step, by the parameter's name", () => {
  const network = sequential(gain("forgetful", true), identity());
  assert.throws(
    () => stepped(network, gaussian([2, 3, 3, 2], "x"), gaussian([2, 3, 3, 2], "dy")),
    /^forgetful, step 0: backward gave no gradient for the parameter forgetful\/factor, expected one for each/,
  );
});

test("a join gives one gradient for each branch, of the shape of its end", () => {
  const joining = (join: unknown): Module => branches([identity(), identity()], () => join as never);
  assert.equal(refusals(joining(undefined), testScope({ shape: [2, 2, 1] })), [
    "branches: a join of undefined, expected an object with shape and the functions forward and backward, or a problem.",
  ]);
  const x = gaussian([2, 3, 3, 2], "x");
  const forward = ([y]: readonly Expr[]) => ({ y, save: undefined });
  assert.throws(
    () => stepped(joining({ shape: [3, 3, 2], forward, backward: (dy: Expr) => [dy] }), x, x),
    /^network, step 0: backward gave for branch 2 a gradient that is not an expression of a tensor, expected one of 2x3x3x2/,
  );
  assert.throws(
    () => stepped(joining({ shape: [3, 3, 2], forward, backward: () => undefined }), x, x),
    /^network, step 0: backward gave for branch 1 a gradient that is not an expression/,
  );
});

test("two layers of one name are refused", () => {
  assert.equal(refusals(sequential(gain("twice"), gain("twice")), testScope({ shape: [2, 2, 1] })), [
    "twice: a second layer of this name, expected a unique name for every layer.",
  ]);
});

test("an activation is told where it failed: it throws, or makes infinity of a finite number", () => {
  const x = filled([1, 1, 1, 2], (i) => i);
  const inverse = activation(
    "inverse",
    (x) => 1 / x,
    (x) => -1 / x ** 2,
  );
  assert.throws(
    () => stepped(inverse, x, x),
    /^inverse, step 0: activation inverse gave Infinity at place 0 of its values, expected a finite number/,
  );
  const throwing = activation(
    "throwing",
    (x) => {
      if (x === 0) throw new Error("division by zero");
      return x;
    },
    () => 1,
  );
  assert.throws(() => stepped(throwing, x, x), /^throwing, step 0, activation throwing: .*division by zero/);
});

test("functions that give no number are refused when the network is built", () => {
  const none = (): number => undefined as unknown as number;
  assert.match(
    refusals(activation("none", none, Math.cos), testScope())[0] as string,
    /^none: a function that returns/,
  );
  assert.match(
    refusals(loss("none", none, Math.min), testScope())[0] as string,
    /^loss: a loss none that returns no/,
  );
});

test("a loss of one's own is a mean over all elements, and says so as a metric", () => {
  const squares = loss(
    "squares",
    (y, t) => (y - t) ** 2,
    (y, t) => 2 * (y - t),
  );
  const scope = testScope({ shape: [1, 1, 2] });
  const target = filled([2, 1, 1, 2], () => 1);
  const signals = opened(built(squares, scope).layer)(
    batch(
      filled([2, 1, 1, 2], (i) => i),
      { target },
    ),
  );
  assert.equal(
    metricsOf(signals).map(({ name, value, samples }) => [name, value, samples]),
    [["loss", (1 + 0 + 1 + 4) / 4, 2]],
  );
  assert.throws(
    () => opened(built(squares, scope).layer)(batch(filled([2, 1, 1, 2], (i) => i))),
    /^loss: labels as the target, expected a tensor of 2x1x1x2, the shape of the output/,
  );
});

test.run();
