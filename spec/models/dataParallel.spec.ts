/** @file Whole steps of LeNet-5 and ResNet-20: equal weights and recordings for 1, 2, 3 and 8 workers, and what these tell each other. */
import { lastValueFrom, tap } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../core/engine.ts";
import { dataParallel } from "../../core/engines/dataParallel/dataParallel.ts";
import type { Reduction } from "../../core/engines/dataParallel/reduction.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { expectSync } from "../../core/eventual.ts";
import { normal } from "../../core/random.ts";
import { elements, sizeOf } from "../../core/tensor.ts";
import { lenet5 } from "../../models/lenet5.ts";
import { resnet20 } from "../../models/resnet20.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import { beginStep, build, scopeFor } from "../../operators/module/build.ts";
import { readAll } from "../../operators/module/parameters.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { constantRate } from "../../operators/training/schedule.ts";
import { sgd } from "../../operators/training/sgd.ts";
import { weightsSha256 } from "../../pipelines/files/checkpoint.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { quantizing } from "../support/testScope.ts";

const test = suite("data parallel networks");

const networks = { lenet5: [lenet5, [28, 28, 1]], resnet20: [resnet20, [32, 32, 3]] } as const;
type Name = keyof typeof networks;

const estimators = { inHindsight: inHindsight(), currentMinMax: currentMinMax() } as const;

/** Three steps: the hash of the weights, and a row for each tensor of a site. */
const trained = async (engine: Engine, name: Name, range: keyof typeof estimators, samples = 5) => {
  const [network, image] = networks[name];
  const scope = scopeFor({ engine, shape: image, quantizer: quantizing(estimators[range]) });
  const learning = sgd({ rate: constantRate(0.05), momentum: 0.9, weightDecay: 1e-3 });
  const { layer } = build(sequential(network({ classes: 10 }), crossEntropy(), learning), scope);
  const batch = (step: number) => ({
    x: Float32Array.from({ length: samples * sizeOf(image) }, (_, i) => normal([step, 7], i)),
    target: Int32Array.from({ length: samples }, (_, i) => (step + 3 * i) % 10),
    shape: [samples, ...image],
  });
  const rows: string[] = [];
  await lastValueFrom(
    runBatches({ to: 3 }, (step) => beginStep(engine, batch(step), { step, training: true }))(layer).pipe(
      tap((signal) => {
        if (signal._tag === "RangeSeen") rows.push(JSON.stringify(signal));
      }),
    ),
  );
  const read = expectSync(readAll(engine, scope.parameters));
  const saved = new Map(
    read.map(({ path, value }) => [path, { shape: value.shape, data: elements(value).slice() }]),
  );
  return { rows, hash: weightsSha256(saved) };
};

const bytes = 2 ** 27;

for (const name of ["lenet5", "resnet20"] as const)
  for (const range of ["inHindsight", "currentMinMax"] as const)
    test(`${name}, ${range}: 1, 2, 3 and 8 workers, in any order, give what one engine gives`, async () => {
      const one = await trained(simd({ bytes }), name, range);
      assert.ok(one.rows.length > 20);
      const worker = simd({ bytes });
      for (const count of [1, 2, 3, 8]) {
        const told: Reduction[] = [];
        const several = dataParallel(new Array(count).fill(worker), {
          arrival: count,
          onReduction: (reduction) => told.push(reduction),
        });
        assert.equal(await trained(several, name, range), one, `${count} workers`);
        // After the first step, in which no range is known yet.
        const waits = told.filter(({ step, when }) => step > 1 && when === "quantize");
        assert.is(waits.length > 0, count > 1 && range === "currentMinMax", `${count} workers wait`);
      }
    });

/** Reductions of a third step, in which running means are near those of the batch. */
const reductionsOf = async (
  workers: number,
  name: Name,
  range: keyof typeof estimators,
  samples: number,
): Promise<readonly Reduction[]> => {
  const told: Reduction[] = [];
  const several = dataParallel(new Array(workers).fill(simd({ bytes })), {
    onReduction: (reduction) => told.push(reduction),
  });
  await trained(several, name, range, samples);
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
      const told = await reductionsOf(workers, "lenet5", range, 64);
      const found = told.map((one) => [one.path, one.role, one.kind, one.when, one.bytes]);
      assert.equal(found, workers === 1 ? [] : expected, `${workers} workers`);
      assert.ok(told.every((one) => one.workers === workers));
    }
  });

for (const range of ["inHindsight", "currentMinMax"] as const)
  test(`ResNet-20, ${range}: 40 ranges, and 38 times batch statistics for which every worker waits`, async () => {
    const told = await reductionsOf(2, "resnet20", range, 4);
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

test.run();
