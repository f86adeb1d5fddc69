/** @file Two copies of a gradient: each product gets what a run with its copy alone would have given it. */
import * as E from "fp-ts/lib/Either.js";
import { EMPTY, finalize, map, NEVER, startWith } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import type { Expr } from "../../../core/expr.ts";
import type { Activation, Pullback, Role } from "../../../core/signal.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { relu } from "../../../operators/layers/relu.ts";
import type { Module, Scope } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { psq } from "../../../quantizers/projections/psq.ts";
import { ptq } from "../../../quantizers/projections/ptq.ts";
import { type Quantizer, quantizerFor } from "../../../quantizers/quantizer.ts";
import { allClose } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { gaussian } from "../../support/tensors.ts";
import {
  batch,
  built,
  gradientsOf,
  inFloat32,
  numbers,
  opened,
  outcome,
  pulledBack,
  refusals,
  seenOf,
  testScope,
} from "../../support/testScope.ts";

const test = suite("two copies of a gradient");

const current = { name: "currentMinMax", estimator: currentMinMax() };
const hindsight = { name: "inHindsight", estimator: inHindsight() };
const uniform = (bits: number): Quantizer => quantizerFor("gradient", bits, hindsight);
const sampleBySample: Quantizer = { ...quantizerFor("gradient", 3, current), projection: psq() };
const asAWhole: Quantizer = { ...quantizerFor("gradient", 8, current), projection: ptq() };

/** The quantizer for gradients, and 8 bits for all else in front of the last layer, which makes the gradient a product. */
const forGradients =
  (gradient: Quantizer) =>
  (site: string, role: Role): Quantizer => {
    if (role === "gradient") return gradient;
    return site.startsWith("conv") ? quantizerFor(role, 8, current) : inFloat32(site, role);
  };

const networkWith = (gradient: Module): Module =>
  sequential(
    quantize({ activation: "conv/input" }),
    conv2d("conv", { outChannels: 3, kernel: 3, padding: 1, bias: true }),
    gradient,
    relu(),
    dense("dense", { units: 2 }),
  );

/** Gradients of the convolution's parameters, and of the input, in three steps. */
const gradientsIn = (module: Module, engine: Engine, overrides: Partial<Scope>) => {
  const scope = testScope({ shape: [5, 5, 2], engine, ...overrides });
  const run = opened(built(module, scope).layer);
  const steps = [0, 1, 2].map((step) => {
    engine.beginStep();
    let dx: Expr | undefined;
    const pullback: Activation["pullback"] = (dy) => {
      dx = dy;
    };
    const end = outcome(run(batch(gaussian([3, 5, 5, 2], `x ${step}`), { step, pullback })));
    const signals = pulledBack(end, gaussian([3, 1, 1, 2], `dy ${step}`, 1 + step));
    const of = (path: string): readonly number[] => {
      const found = gradientsOf(signals).find(({ parameter }) => parameter.path === path);
      return [...elements(found!.gradient)];
    };
    const input = [...numbers(dx as Expr)];
    return { weights: [of("conv/weight"), of("conv/bias")], input, seen: seenOf(signals) };
  });
  return {
    weights: steps.map(({ weights }) => weights),
    input: steps.map(({ input }) => input),
    seen: steps.map(({ seen }) => seen),
  };
};

for (const [name, forInput, forWeights] of [
  ["uniform, in hindsight", uniform(4), uniform(8)],
  ["psq and ptq", sampleBySample, asAWhole],
  ["in integers and projected", uniform(5), asAWhole],
  ["weights in float32", uniform(4), uniform(32)],
  ["input in float32", uniform(32), uniform(6)],
] as const)
  for (const make of [reference, simd]) {
    const whole = gradientsIn(
      networkWith(quantize({ gradient: "conv/gradient", weightGradient: "conv/weightGradient" })),
      make(),
      { quantizer: forGradients(forInput), weightGradient: forGradients(forWeights) },
    );

    test(`${make().name}: each product is that of a run with its copy alone: ${name}`, () => {
      const alone = (site: string, quantizer: Quantizer) =>
        gradientsIn(networkWith(quantize({ gradient: site })), make(), {
          quantizer: forGradients(quantizer),
        });
      const [a, b] = [alone("conv/gradient", forInput), alone("conv/weightGradient", forWeights)];
      assert.equal(whole.input, a.input);
      assert.equal(whole.weights, b.weights);
      assert.not.equal(whole.weights, a.weights);
      // Bytes apart, since what both read is kept.
      const told = ({ seen }: typeof a, name: string): unknown =>
        seen.map((step) =>
          step.filter(({ site }) => site === name).map((one) => ({ ...one, bytesMoved: 0, bytesSaved: 0 })),
        );
      assert.equal(told(whole, "conv/gradient"), told(a, "conv/gradient"));
      assert.equal(told(whole, "conv/weightGradient"), told(b, "conv/weightGradient"));
    });
  }

test("the gradient itself is computed once", () => {
  let products = 0;
  const engine = reference();
  const counting: Engine = {
    ...engine,
    run: (x, sinks) => {
      const isKept = x.stages.some((stage) => stage._tag === "Keep" && stage.slot.tensor);
      if (x.source._tag === "Product" && x.source.product._tag === "BackwardInput" && !isKept) products++;
      return engine.run(x, sinks);
    },
  };
  gradientsIn(
    networkWith(quantize({ gradient: "conv/gradient", weightGradient: "conv/weightGradient" })),
    counting,
    { quantizer: forGradients(uniform(4)), weightGradient: forGradients(uniform(8)) },
  );
  assert.is(products, 3);
});

test("the mean over many draws is the gradient of float32, for both copies", () => {
  const x = gaussian([2, 3, 3, 1], "x");
  const dy = gaussian([2, 3, 3, 2], "dy");
  const module = quantized(conv2d)("conv", { outChannels: 2, kernel: 3, padding: 1 });
  const draws = 3000;
  const drawn = (overrides: Partial<Scope>, count: number) => {
    const run = opened(built(module, testScope({ shape: [3, 3, 1], ...overrides })).layer);
    return Array.from({ length: count }, (_, step) => {
      let dx: Expr | undefined;
      const end = outcome(
        run(
          batch(x, {
            step,
            pullback: (dy) => {
              dx = dy;
            },
          }),
        ),
      );
      const [weight] = gradientsOf(pulledBack(end, dy));
      return [...numbers(dx as Expr), ...elements(weight!.gradient)];
    });
  };
  const [exact] = drawn({}, 1) as [number[]];
  const only = (gradient: Quantizer) => (site: string, role: Role) =>
    role === "gradient" ? gradient : inFloat32(site, role);
  const all = drawn({ quantizer: only(sampleBySample), weightGradient: only(asAWhole) }, draws);
  exact.forEach((expected, i) => {
    const values = all.map((draw) => draw[i]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / draws;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws);
    assert.ok(deviation > 0, `element ${i} is drawn`);
    allClose([mean], [expected], (4 * deviation) / Math.sqrt(draws));
  });
});

test("quantized has both sites, which are told by name; one copy where the scope knows no second", () => {
  const module = quantized(dense)("block/dense", { units: 2 });
  const sites = (overrides: Partial<Scope>): readonly string[] => {
    const scope = testScope({ shape: [1, 1, 3], quantizer: forGradients(uniform(8)), ...overrides });
    const end = outcome(opened(built(module, scope).layer)(batch(gaussian([2, 1, 1, 3], "x"))));
    return seenOf(pulledBack(end, gaussian([2, 1, 1, 2], "dy"))).map(({ site, role }) => `${site} ${role}`);
  };
  assert.equal(sites({ weightGradient: forGradients(uniform(4)) }), [
    "block/dense/gradient gradient",
    "block/dense/weightGradient gradient",
  ]);
  assert.equal(sites({}), ["block/dense/gradient gradient"]);
});

test("both estimators are let go of", () => {
  const gone: string[] = [];
  const watched = (name: string): Quantizer =>
    quantizerFor("gradient", 8, {
      name,
      estimator: (observed$) =>
        observed$.pipe(
          startWith({ lo: -1, hi: 1 }),
          finalize(() => gone.push(name)),
        ) as never,
    });
  const { layer } = built(
    quantized(dense)("dense", { units: 2 }),
    testScope({
      shape: [1, 1, 3],
      quantizer: forGradients(watched("input")),
      weightGradient: forGradients(watched("weights")),
    }),
  );
  const subscription = layer(NEVER).subscribe();
  assert.equal(gone, []);
  subscription.unsubscribe();
  assert.equal(gone.sort(), ["input", "weights"]);
  layer(EMPTY).subscribe();
  assert.is(gone.length, 4);
});

test("behind something without weights, and where a quantizer cannot work, there is a sentence", () => {
  const both = quantize({ gradient: "a", weightGradient: "b" });
  const scope = testScope({ quantizer: forGradients(uniform(8)), weightGradient: forGradients(uniform(4)) });
  const run = opened(built(sequential(relu(), both), scope).layer);
  assert.throws(
    () => run(batch(gaussian([1, 1, 1, 1], "x"))),
    /^b: a second copy of a gradient for weights, but no weights, expected a convolution or a dense layer directly before/,
  );
  const channels = forGradients({ ...uniform(8), granularity: "channel" });
  assert.match(
    refusals(both, testScope({ quantizer: forGradients(uniform(8)), weightGradient: channels })).join(),
    /^b: a range for each channel of a gradient/,
  );
});

test("an operator in between that wraps a pullback hands the second copy on, or the step ends in a sentence", () => {
  const wrapping =
    (wrap: (pullback: Pullback) => Pullback): Module =>
    ({ shape }) =>
      E.right({
        shape,
        layer: map((signal) =>
          signal._tag === "Activation" ? { ...signal, pullback: wrap(signal.pullback) } : signal,
        ),
      });
  const gradientsWith = (wrap: (pullback: Pullback) => Pullback) =>
    gradientsIn(
      networkWith(sequential(wrapping(wrap), quantize({ gradient: "a", weightGradient: "b" }))),
      simd(),
      { quantizer: forGradients(uniform(8)), weightGradient: forGradients(uniform(3)) },
    );
  const handedOn = gradientsWith(
    (pullback) =>
      (...args) =>
        pullback(...args),
  );
  assert.equal(
    handedOn,
    gradientsWith((pullback) => pullback),
  );
  assert.throws(
    () => gradientsWith((pullback) => (dy, emit) => pullback(dy, emit)),
    /^b, step 0: a second copy of a gradient that never reached the preceding layer with weights, expected operators between the two that pass on/,
  );
});

test.run();
