/** @file Gradients of LeNet-5 and what quantizers make of them, against PyTorch in float64: `spec/golden/gradients.json`. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { simd } from "../../core/engines/simd/engine.ts";
import type { Signal } from "../../core/signal.ts";
import { lenet5 } from "../../models/lenet5.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import { beginStep, build, scopeFor } from "../../operators/module/build.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { quantizeNetwork } from "../../operators/sites/quantizeNetwork.ts";
import { aroundSite } from "../../operators/sites/site.ts";
import { present } from "../../operators/step/tape.ts";
import { constantRate } from "../../operators/training/schedule.ts";
import { sgd } from "../../operators/training/sgd.ts";
import { parseQuantizer } from "../../quantizers/catalogue/parseQuantizer.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { quantizerFor } from "../../quantizers/quantizer.ts";
import type { Rule } from "../../quantizers/rules/rule.ts";
import { close } from "../support/close.ts";
import { elements } from "../support/elements.ts";
import { golden, goldenCodes, isPrintedByPyTorch } from "../support/golden.ts";
import { noiseOf, projectedBy } from "../support/projecting.ts";

interface Golden {
  readonly samples: number;
  readonly bits: number;
  readonly losses: Readonly<Record<"float32" | "dorefa" | "stddev", number>>;
  readonly sites: readonly {
    readonly site: string;
    readonly count: number;
    readonly zeros: number;
    readonly bound: number;
    readonly errors: Readonly<Record<string, number>>;
  }[];
}

const { samples, bits, losses, sites } = golden("gradients") as Golden;
const test = suite("gradients of LeNet-5");

const quantizerNamed = (text: string) => {
  const parsed = parseQuantizer("quantizer")(text);
  assert.is(parsed._tag, "Right", text);
  return (parsed as Extract<typeof parsed, { _tag: "Right" }>).right;
};

const batch = {
  x: Float32Array.from(goldenCodes(samples * 28 * 28, 6), (code) => code / 64),
  target: Int32Array.from({ length: samples }, (_, i) => i % 10),
  shape: [samples, 28, 28, 1],
};

/** One step in float32 but for what rules say: its loss, and the gradients that come to the sites of 8 bits, which pass them on as they are. */
const stepOf = (rules: readonly Rule[]) => {
  const gradients = new Map<string, Float32Array>();
  const seeing = aroundSite.hook((site, { path, role }) => ({
    ...site,
    quantize: function* (x, ctx) {
      if (role !== "gradient") return yield* site.quantize(x, ctx);
      const stored = present((yield* ctx.run(x, { store: true })).stored, "the gradient");
      gradients.set(path.replace("/gradient", ""), Float32Array.from(elements(yield* ctx.read(stored))));
      return { value: { _tag: "Dense", x: stored }, pullback: (dy) => ({ dx: dy }) };
    },
  }));
  const scope = scopeFor({ engine: simd(), shape: [28, 28, 1], hooks: [seeing] });
  const network = sequential(quantizeNetwork(lenet5({ classes: 10 }), rules), crossEntropy());
  const { layer } = build(sequential(network, sgd({ rate: constantRate(0) })), scope);
  for (const [i, name] of ["conv1", "conv2", "dense1", "dense2", "dense3"].entries()) {
    const { value } = present(scope.parameters.find(`${name}/weight`), name);
    const weights = elements(value);
    const fanIn = weights.length / (value.shape[0] as number);
    const scale = 2 ** Math.round(Math.log2(Math.sqrt(6 / fanIn)));
    goldenCodes(weights.length, i + 1).forEach((code, k) => {
      weights[k] = (code / 128) * scale;
    });
  }
  const signals: Signal[] = [];
  const begun = (step: number) => beginStep(scope.engine, batch, { step, training: true });
  runBatches({ to: 1 }, begun)(layer).subscribe((signal) => signals.push(signal));
  const loss = signals.find((signal) => signal._tag === "Metric" && signal.name === "loss");
  return { loss: (loss as Extract<Signal, { _tag: "Metric" }>).value, gradients };
};

const float32 = { bits: 32 };
const ofGradients: Rule = { weight: float32, activation: float32, gradient: { range: currentMinMax() } };
const { loss, gradients } = stepOf([ofGradients]);

test("the loss in float32", () => close(loss, losses.float32, 2e-6 * losses.float32));

for (const [name, weights] of [
  ["dorefa", "dorefa"],
  ["stddev", "sat:grid=original,rescale=stddev"],
] as const)
  test(`the loss with DoReFa's weights and activations between float32 ends, weights by ${weights}`, () => {
    const activation = { bits, quantizer: quantizerNamed("dorefa") };
    const inner = {
      at: "{conv2,dense1,dense2}/*",
      weight: { bits, quantizer: quantizerNamed(weights) },
      activation,
    };
    const rules: readonly Rule[] = [{ weight: float32, activation: float32, gradient: float32 }, inner];
    close(stepOf(rules).loss, losses[name], 1e-5 * losses[name]);
  });

test("the same elements are 0 at every site", () => {
  for (const { site, count, zeros } of sites) {
    const found = gradients.get(site) ?? [];
    assert.equal([found.length, found.filter((g) => g === 0).length], [count, zeros], site);
  }
});

/** Levels are chosen by every so many-th element of larger tensors. */
const isSampled = (name: string, count: number): boolean => /orq|binGrad/.test(name) && count > 2 ** 14;

/** Mean of sum (Q(g) - g)^2 / sum g^2 over draws, with four standard errors of it. */
const errorOf = (name: string, g: Float32Array) => {
  const base = quantizerFor("gradient", bits, { name: "currentMinMax", estimator: currentMinMax() });
  const { projection } = quantizerNamed(name).choose(base, "gradient");
  const power = g.reduce((sum, v) => sum + v ** 2, 0);
  const draws = Math.min(Math.ceil(200_000 / g.length), 400);
  const errors = Array.from({ length: draws }, (_, draw) => {
    const shape = [samples, 1, 1, g.length / samples];
    const { values } = projectedBy(present(projection, name), g, { bits, shape, noise: noiseOf(draw) });
    return values.reduce((sum, v, i) => sum + (v - (g[i] as number)) ** 2, 0) / power;
  });
  const mean = errors.reduce((sum, error) => sum + error, 0) / draws;
  const variance = errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / Math.max(draws - 1, 1);
  return { mean, deviation: 4 * Math.sqrt(variance / draws) };
};

for (const { site, count, bound, errors } of sites)
  test(`errors at ${site} are those that float64 expects, and qsgd's within its bound`, () => {
    for (const [name, expected] of Object.entries(errors)) {
      const { mean, deviation } = errorOf(name, gradients.get(site) ?? new Float32Array(count));
      const tolerance = deviation + (isSampled(name, count) ? 0.05 : 0.01) * expected;
      close(mean, expected, tolerance, `${site}, ${name}`);
    }
    assert.ok((errors.qsgd as number) <= bound);
  });

isPrintedByPyTorch(test, "gradients");

test.run();
