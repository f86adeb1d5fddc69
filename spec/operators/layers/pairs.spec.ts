/** @file Every pair of layers: what stands between two of them, or behind them, sees the same whether they make one operator or two. */
import * as E from "fp-ts/lib/Either.js";
import { tap } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { expectSync } from "../../../core/eventual.ts";
import type { Expr } from "../../../core/expr.ts";
import type { PassResult } from "../../../core/pass.ts";
import type { Activation, Signal } from "../../../core/signal.ts";
import { batchNorm } from "../../../operators/layers/batchNorm.ts";
import { concat } from "../../../operators/layers/concat.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { pixelShuffle } from "../../../operators/layers/pixelShuffle.ts";
import { averagePool, globalAveragePool, maxPool } from "../../../operators/layers/pool.ts";
import { relu, relu6 } from "../../../operators/layers/relu.ts";
import { residual } from "../../../operators/layers/residual.ts";
import { scaled } from "../../../operators/layers/scaled.ts";
import { subsample } from "../../../operators/layers/subsample.ts";
import { identity } from "../../../operators/module/identity.ts";
import type { Built, Module } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { defaultQuantizer } from "../../../quantizers/defaultQuantizer.ts";
import { elements } from "../../support/elements.ts";
import { gain, silu, twiceAnd } from "../../support/ownNetwork.ts";
import { gaussian } from "../../support/tensors.ts";
import { batch, opened, outcome, pulledBack, testScope } from "../../support/testScope.ts";

const test = suite("pairs of layers");

const conv = (name: string): Module => conv2d(name, { outChannels: 4, kernel: 3, padding: 1, bias: true });

/** Makes each layer below a name, so that a pair may be two of a kind. */
const layers: Readonly<Record<string, (name: string) => Module>> = {
  conv2d: conv,
  "quantized conv2d": (name) => quantized(conv2d)(name, { outChannels: 4, kernel: 3, padding: 1 }),
  dense: (name) => quantized(dense)(name, { units: 4 }),
  batchNorm: (name) => batchNorm(name),
  relu: () => relu(),
  relu6: () => relu6(),
  maxPool: () => maxPool({ size: 2, stride: 1, padding: 1 }),
  averagePool: () => averagePool({ size: 2, stride: 1, padding: 1 }),
  globalAveragePool: () => globalAveragePool(),
  flatten: () => flatten(),
  subsample: () => subsample({ stride: 2, channels: 100 }),
  scaled: () => scaled(0.5),
  pixelShuffle: () => pixelShuffle(2),
  identity: () => identity(),
  "quantize an activation": (name) => quantize({ activation: name }),
  "quantize a gradient": (name) => quantize({ gradient: name }),
  residual: (name) =>
    residual(sequential(conv(name), batchNorm(`${name}/norm`)), subsample({ stride: 1, channels: 4 })),
  "residual of relu": () => residual(relu()),
  "residual of relu6": () => residual(relu6(), relu()),
  "residual of identity": () => residual(identity()),
  "residual of scaled": () => residual(scaled(0.5)),
  "residual of a residual": () => residual(residual(relu()), identity()),
  "residual of a pool": () => residual(maxPool({ size: 1 })),
  "residual of a quantized activation": (name) => residual(quantize({ activation: name })),
  "residual of an activation of one's own": () => residual(silu()),
  concat: (name) => concat(conv(name), identity()),
  "concat of relu": () => concat(relu(), identity()),
  "an activation of one's own": () => silu(),
  "a layer of one's own": (name) => gain(name),
  "a join of one's own": (name) => twiceAnd(gain(`${name}/a`), identity()),
  "a join of one's own of relu": () => twiceAnd(relu(), scaled(0.5)),
};

/** Text of a signal, to the bit. */
const textOf = (signal: Signal): string => {
  if (signal._tag === "ParameterGradient")
    return `gradient of ${signal.parameter.path} ${elements(signal.gradient).join()}`;
  return JSON.stringify(signal);
};

/** All that two steps of a network say, forward and back; nothing if it cannot be built. */
const saidBy = (network: Module, engine = reference()): readonly string[] | undefined => {
  const numbers = (x: Expr): Float32Array => {
    const { stored } = expectSync(engine.run(x, { store: true })) as Required<PassResult>;
    return elements(stored);
  };
  const scope = testScope({ engine, shape: [4, 4, 4], quantizer: defaultQuantizer() });
  const built = network(scope);
  if (E.isLeft(built)) return undefined;
  const run = opened(built.right.layer);
  const said: string[] = [];
  for (const step of [0, 1]) {
    engine.beginStep();
    let dx: Expr | undefined;
    const pullback: Activation["pullback"] = (gradient) => {
      dx = gradient;
    };
    const signals = run(batch(gaussian([2, 4, 4, 4], `x ${step}`), { step, pullback }));
    said.push(...signals.filter(({ _tag }) => _tag !== "Activation").map(textOf));
    const out = outcome(signals);
    said.push(`y ${numbers(out.x).join()}`);
    const back = pulledBack(out, gaussian(out.x.shape, `dy ${step}`));
    said.push(...back.map(textOf), `dx ${numbers(dx as Expr).join()}`);
  }
  return said;
};

/** A module whose layer is an operator that says nothing of how it opens. */
const hidden =
  (module: Module): Module =>
  (scope) =>
    E.map(({ layer, shape }: Built): Built => ({ layer, shape }))(module(scope));

/** Signals of a network, and those heard by a listener in it, without reading activations, which would take a pass. */
const listened = (network: (listener: Module) => Module) => {
  const heard: string[] = [];
  const hear = tap<Signal>((signal) => {
    heard.push(signal._tag === "Activation" ? `Activation ${signal.step}` : textOf(signal));
  });
  const said = saidBy(network(({ shape }) => E.right({ shape, layer: hear })));
  return { said, heard };
};

/** Pairs of which the second cannot follow the first. */
const apart: string[] = [];

for (const [a, make] of Object.entries(layers))
  test(`${a} in front of any layer`, () => {
    const first = make("a");
    const { heard } = listened((listener) => sequential(first, listener));
    for (const [b, makeNext] of Object.entries(layers)) {
      const second = makeNext("b");
      const said = saidBy(sequential(first, second));
      if (said === undefined) {
        apart.push(`${a}, ${b}`);
        continue;
      }
      const what = `${a}, then ${b}`;
      assert.equal(
        listened((listener) => sequential(first, listener, second)),
        { said, heard },
        `${what}, with a listener`,
      );
      assert.equal(
        listened((listener) => sequential(hidden(first), listener, hidden(second))),
        { said, heard },
        `${what}, as operators of somebody's own`,
      );
    }
  });

/** One memory for all networks: each begins its steps anew. */
const vectors = simd({ bytes: 2 ** 24 });

for (const [a, make] of Object.entries(layers))
  test(`${a} in front of any layer, on simd as on the reference`, () => {
    for (const [b, makeNext] of Object.entries(layers)) {
      const network = sequential(conv("before"), make("a"), makeNext("b"), conv("behind"));
      assert.equal(saidBy(network, vectors), saidBy(network), `${a}, then ${b}`);
    }
  });

test("nearly all pairs can be built", () => {
  assert.ok(apart.length < Object.keys(layers).length ** 2 / 10, apart.join("; "));
});

test.run();
