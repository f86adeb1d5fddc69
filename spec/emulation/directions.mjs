/**
 * @file Directions of quantized gradients: LeNet-5 in float32 but for its gradients, on one batch of MNIST, against float32 altogether.
 *
 *     node spec/emulation/directions.mjs DATA [--after STEPS] [--draws N] BITS/QUANTIZER ..
 *
 *     cosine  of the weight gradient with the one in float32: mean over draws
 *     of mean the same of the mean of all draws, which is 1 for many draws where the estimate is unbiased
 *     norm    |draw| / |float32|, root mean square
 *     error   sum (Q(g) - g)^2 / sum g^2 at the site, for g as it comes there; mean over draws
 *
 * The weights are the first ones, or those after so many steps in float32. Rates are 0 while draws are made, so each draw is a step.
 */
import { parseArgs } from "node:util";
import {
  beginStep,
  build,
  constantRate,
  crossEntropy,
  currentMinMax,
  images,
  mnist,
  quantizeNetwork,
  runBatches,
  scopeFor,
  sequential,
  sgd,
  snapshot,
  sqnrAt,
} from "rangeflow";
import { simd } from "rangeflow/engines";
import { lenet5 } from "rangeflow/models";
import { parseQuantizer } from "rangeflow/quantizers";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    after: { type: "string", default: "0" },
    draws: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
  },
});
const [dir, ...quantizers] = positionals;
const [after, draws, seed] = [values.after, values.draws, values.seed].map(Number);

const data = mnist(dir);
const { make } = images(data).batches({ batch: 64, seed }).train;

const float32 = { bits: 32 };

/** Runs steps of a network, with the weights it is given, and hands out each signal. */
const run = (gradient, { steps, batchOf, rate, weights }, hear) => {
  const scope = scopeFor({ engine: simd(), shape: data.shape, hooks: [sqnrAt(() => true)] });
  const network = quantizeNetwork(lenet5({ classes: 10 }), [
    { weight: float32, activation: float32, gradient },
  ]);
  const { layer } = build(
    sequential(network, crossEntropy(), sgd({ rate: constantRate(rate), momentum: 0.9 })),
    scope,
  );
  const parameters = scope.parameters.list().filter(({ kind }) => kind === "weight" || kind === "bias");
  for (const [i, { value }] of parameters.entries()) if (weights) value.data.set(weights[i]);
  const stepOf = (step) => beginStep(scope.engine, make(batchOf(step)), { step, training: true });
  runBatches({ to: steps }, stepOf)(layer).pipe(snapshot(scope.engine)).subscribe(hear);
  return parameters.map(({ value }) => Float32Array.from(value.data));
};

const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const norm = (a) => Math.sqrt(dot(a, a));
const cosine = (a, b) => dot(a, b) / (norm(a) * norm(b));
const mean = (all) => all.reduce((sum, x) => sum + x, 0) / all.length;

/** Weight gradients by layer, one for each draw, and errors of sites. */
const gradients = (gradient, weights, count) => {
  const [byLayer, errors] = [new Map(), new Map()];
  const into = (map, name, value) => map.set(name, [...(map.get(name) ?? []), value]);
  run(gradient, { steps: count, batchOf: () => after, rate: 0, weights }, (signal) => {
    if (signal._tag === "ParameterGradient" && signal.parameter.kind === "weight")
      into(byLayer, signal.parameter.path.split("/")[0], Float64Array.from(signal.gradient.data));
    if (signal._tag === "Metric" && signal.name === "sqnr")
      into(errors, signal.site.split("/")[0], 10 ** (-signal.value / 10));
  });
  return { byLayer, errors };
};

const weights = run(float32, { steps: after, batchOf: (step) => step, rate: 0.02 }, () => {});
const exact = gradients(float32, weights, 1).byLayer;

for (const text of quantizers) {
  const [bits, name] = text.split("/");
  const { right: quantizer, left: problems } = parseQuantizer("QUANTIZER")(name);
  if (problems) throw new Error(JSON.stringify(problems));
  const gradient = { bits: Number(bits), range: currentMinMax(), quantizer };
  const { byLayer, errors } = gradients(gradient, weights, draws);
  console.log(`\n${text}: ${draws} draws after ${after} steps\nlayer   cosine  of mean    norm    error`);
  for (const [layer, drawn] of [...byLayer].reverse()) {
    const g = exact.get(layer)[0];
    const sum = drawn.reduce((total, one) => total.map((x, i) => x + one[i]), new Float64Array(g.length));
    const numbers = [
      mean(drawn.map((one) => cosine(one, g))).toFixed(3),
      cosine(sum, g).toFixed(3),
      (Math.sqrt(mean(drawn.map((one) => dot(one, one)))) / norm(g)).toPrecision(3),
      mean(errors.get(layer)).toPrecision(3),
    ];
    console.log(layer.padEnd(8) + numbers.map((number) => number.padStart(6)).join("   "));
  }
}
