/** @file Whole steps of LeNet-5 and ResNet-20: equal weights and recordings for 1, 2, 3 and 8 workers, and what these tell each other. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dataParallel } from "../../core/engines/dataParallel/dataParallel.ts";
import type { Reduction } from "../../core/engines/dataParallel/reduction.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { narrowAccumulator } from "../../operators/layers/accumulate.ts";
import { quantizeNetwork } from "../../operators/sites/quantizeNetwork.ts";
import { histogramsAt } from "../../operators/taps/histograms.ts";
import { sqnrAt } from "../../operators/taps/sqnr.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { meanSquaredError } from "../../quantizers/estimators/meanSquaredError.ts";
import { percentile } from "../../quantizers/estimators/percentile.ts";
import { lsq } from "../../quantizers/learned/lsq.ts";
import { cgPact } from "../../quantizers/learned/pact.ts";
import { sat } from "../../quantizers/learned/sat.ts";
import { luq } from "../../quantizers/projections/luq.ts";
import { mx } from "../../quantizers/projections/mx.ts";
import { psq } from "../../quantizers/projections/psq.ts";
import type { Rule } from "../../quantizers/rules/rule.ts";
import { quantizing } from "../support/testScope.ts";
import { type NetworkName, type Steps, trainedSteps } from "../support/trainedSteps.ts";

const test = suite("data parallel networks");

const estimators = { inHindsight: inHindsight(), currentMinMax: currentMinMax() } as const;

const quantizedBy = (range: keyof typeof estimators): Steps => ({ quantizer: quantizing(estimators[range]) });

const ruled = (...rules: readonly Rule[]): Steps => ({
  around: (network) => quantizeNetwork(network, rules),
});

const bytes = 2 ** 27;

for (const name of ["lenet5", "resnet20"] as const)
  for (const range of ["inHindsight", "currentMinMax"] as const)
    test(`${name}, ${range}: 1, 2, 3 and 8 workers, in any order, give what one engine gives`, async () => {
      const one = await trainedSteps(simd({ bytes }), name, quantizedBy(range));
      assert.ok(one.rows.length > 20);
      const worker = simd({ bytes });
      for (const count of [1, 2, 3, 8]) {
        const told: Reduction[] = [];
        const several = dataParallel(new Array(count).fill(worker), {
          arrival: count,
          onReduction: (reduction) => told.push(reduction),
        });
        assert.equal(await trainedSteps(several, name, quantizedBy(range)), one, `${count} workers`);
        // After the first step, in which no range is known yet.
        const waits = told.filter(({ step, when }) => step > 1 && when === "quantize");
        const first = told.filter(({ step, when }) => step === 1 && when === "quantize");
        assert.is(first.length > 0, count > 1, `${count} workers wait in the first step`);
        assert.is(waits.length > 0, count > 1 && range === "currentMinMax", `${count} workers wait`);
      }
    });

/** Reductions of a third step, in which running means are near those of the batch. */
const reductionsOf = async (
  workers: number,
  name: NetworkName,
  samples: number,
  steps: Steps,
): Promise<readonly Reduction[]> => {
  const told: Reduction[] = [];
  const several = dataParallel(new Array(workers).fill(simd({ bytes })), {
    onReduction: (reduction) => told.push(reduction),
  });
  await trainedSteps(several, name, { ...steps, samples });
  several.dispose();
  return told.filter(({ step }) => step === 3);
};

/** Layers of LeNet-5 from the last to the first: outputs, weights of each, and positions of a sample. */
const layers = [
  ["dense3", 10, 84, 1],
  ["dense2", 84, 120, 1],
  ["dense1", 120, 400, 1],
  ["conv2", 16, 150, 100],
  ["conv1", 6, 25, 784],
] as const;

for (const range of ["inHindsight", "currentMinMax"] as const)
  test(`LeNet-5, ${range}: reductions of 64 samples are the same for 2 to 64 workers, and none for one`, async () => {
    const when = range === "inHindsight" ? "later" : "quantize";
    const site = (path: string) => [
      [path, "range", "minMax", when, 12],
      [path, "clipped", "sum", "later", 4],
    ];
    const expected = [
      ...layers.toReversed().flatMap(([path]) => site(`${path}/input`)),
      [undefined, "elements", "gather", "read", 64 * 10 * 4],
      ...layers.flatMap(([path, outputs, each, positions]) => [
        ...site(`${path}/gradient`),
        [path, "weight gradient", "sum", "later", 4 * outputs * each],
        [path, "bias gradient", "partials", "later", 4 * outputs * 64 * Math.ceil(positions / 128)],
      ]),
    ];
    for (const workers of [1, 2, 4, 8, 16, 32, 64]) {
      const told = await reductionsOf(workers, "lenet5", 64, quantizedBy(range));
      const found = told.map((one) => [one.path, one.role, one.kind, one.when, one.bytes]);
      assert.equal(found, workers === 1 ? [] : expected, `${workers} workers`);
      assert.ok(told.every((one) => one.workers === workers));
    }
  });

for (const range of ["inHindsight", "currentMinMax"] as const)
  test(`ResNet-20, ${range}: 40 ranges, and 38 times batch statistics for which every worker waits`, async () => {
    const told = await reductionsOf(2, "resnet20", 4, quantizedBy(range));
    const of = (role: string) => told.filter((one) => one.role === role);
    assert.is(of("range").length, 40);
    assert.is(told.filter(({ when }) => when === "quantize").length, range === "inHindsight" ? 0 : 40);
    assert.is(of("batch statistics").length, 38);
    assert.ok(of("batch statistics").every(({ when }) => when === "layer"));
    // Forward and back, two float32 numbers for each of 4 samples, run and channel: 7 layers of 8 runs, 6 of 2, 6 of 1.
    const partials = 2 * 2 * 4 * (7 * 8 * 16 + 6 * 2 * 32 + 6 * 64);
    const sent = of("batch statistics").reduce((sum, one) => sum + one.bytes, 0);
    assert.is(sent, 4 * partials);
  });

/** Settings in which some passes cannot be shared out, or need more of other workers than sums and ends. */
const others: Readonly<Record<string, Steps>> = {
  "percentiles of activations": ruled({ activation: { range: percentile() } }),
  "least squared errors of activations": ruled({ activation: { range: meanSquaredError() } }),
  "histograms, and a step of evaluation": {
    hooks: [histogramsAt(() => true)],
    trains: (step) => step < 2,
  },
  "learned ranges of weights and activations": ruled({
    weight: { quantizer: lsq() },
    activation: { quantizer: cgPact() },
  }),
  "bent weights": ruled({ weight: { quantizer: sat() } }),
  "a range for each channel of weights": ruled({ weight: { granularity: "channel" } }),
  "gradients on logarithmic levels": ruled({ gradient: { quantizer: luq(), bits: 4 } }),
  "a range for each sample of gradients": ruled({ gradient: { quantizer: psq() } }),
  "gradients in float32": ruled({ gradient: { bits: 32 } }),
  "accumulators of 12 bits": {
    hooks: narrowAccumulator({ bits: 12, overflow: "wrap", backward: true }),
  },
  "signal-to-noise ratios": { hooks: [sqnrAt(() => true)] },
};

const inBlocks: Steps = ruled(
  ...(["nearest", "stochastic"] as const).map((rounding): Rule => {
    const plan = { quantizer: mx({ element: "int", products: "blocks" }), rounding, range: currentMinMax() };
    return rounding === "nearest" ? { weight: plan, activation: plan } : { gradient: plan };
  }),
);

// Residual branches read what others have freed.
test("ResNet-20 with integers in blocks: 3 workers give what one engine gives", async () => {
  const several = dataParallel(new Array(3).fill(simd({ bytes })), { arrival: 1 });
  const one = await trainedSteps(simd({ bytes }), "resnet20", inBlocks);
  assert.ok(one.rows.length > 20);
  assert.equal(await trainedSteps(several, "resnet20", inBlocks), one);
});

test("tensors in blocks are collected once, and only for copies in blocks of samples", async () => {
  const gathered = async (steps: Steps, step: number) =>
    (await reductionsOf(step, "lenet5", 8, steps)).filter(
      ({ kind, path }) => kind === "gather" && path === undefined,
    );
  const training = await gathered(inBlocks, 2);
  // Inputs of five layers, logits for the loss, and gradients of five layers.
  assert.equal(
    training.map(({ shape, bytes }) => [shape.join("x"), bytes]),
    [
      ...[
        ["8x28x28x1", 25088],
        ["8x14x14x6", 37632],
        ["8x1x1x400", 12800],
        ["8x1x1x120", 3840],
      ],
      ...[
        ["8x1x1x84", 2688],
        ["8x1x1x10", 320],
        ["8x1x1x10", 320],
        ["8x1x1x84", 2688],
      ],
      ...[
        ["8x1x1x120", 3840],
        ["8x10x10x16", 51200],
        ["8x28x28x6", 150528],
      ],
    ],
  );
  const evaluation = await gathered({ ...inBlocks, trains: (step) => step < 2 }, 4);
  assert.is(evaluation.length, 1);
});

for (const [what, steps] of Object.entries(others))
  test(`LeNet-5 with ${what}: 3 workers give what one engine gives`, async () => {
    const several = dataParallel(new Array(3).fill(simd({ bytes })), { arrival: 1 });
    const one = await trainedSteps(simd({ bytes }), "lenet5", steps);
    assert.ok(one.rows.length > 10);
    assert.equal(await trainedSteps(several, "lenet5", steps), one);
  });

test("evaluation reduces counts of clipped elements, and the loss reads all outputs", async () => {
  const told = await reductionsOf(4, "lenet5", 8, { trains: (step) => step < 2 });
  const found = told.map(({ path, role, when, bytes }) => [path, role, when, bytes]);
  const sites = layers.toReversed().map(([path]) => [`${path}/input`, "clipped", "later", 4]);
  assert.equal(found, [...sites, [undefined, "elements", "read", 8 * 10 * 4]]);
});

test("weight gradients in float32 are collected by run: 16 MB of LeNet-5 at batch 64, where integers are 0.25 MB", async () => {
  const bytesOf = async (steps: Steps, kind: Reduction["kind"]): Promise<number> => {
    const told = await reductionsOf(2, "lenet5", 64, steps);
    const gradients = told.filter(({ role }) => role === "weight gradient");
    assert.ok(gradients.every((one) => one.kind === kind));
    return gradients.reduce((sum, one) => sum + one.bytes, 0);
  };
  const weights = layers.map(([, outputs, each]) => outputs * each);
  assert.is(
    await bytesOf({}, "sum"),
    weights.reduce((sum, all) => sum + 4 * all, 0),
  );
  assert.is(
    await bytesOf(ruled({ gradient: { bits: 32 } }), "partials"),
    layers.reduce((sum, [, o, each, positions]) => sum + 64 * Math.ceil(positions / 128) * o * each * 4, 0),
  );
});

test.run();
