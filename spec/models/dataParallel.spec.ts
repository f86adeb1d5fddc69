/** @file Whole steps of LeNet-5 and ResNet-20: equal weights and equal recordings for 1, 2, 3 and 8 workers. */
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
const estimators = { inHindsight: inHindsight(), currentMinMax: currentMinMax() } as const;

/** Three steps of five images: the hash of the weights, and a row for each tensor of a site. */
const trained = async (engine: Engine, name: keyof typeof networks, range: keyof typeof estimators) => {
  const [network, image] = networks[name];
  const scope = scopeFor({ engine, shape: image, quantizer: quantizing(estimators[range]) });
  const learning = sgd({ rate: constantRate(0.05), momentum: 0.9, weightDecay: 1e-3 });
  const { layer } = build(sequential(network({ classes: 10 }), crossEntropy(), learning), scope);
  const batch = (step: number) => ({
    x: Float32Array.from({ length: 5 * sizeOf(image) }, (_, i) => normal([step, 7], i)),
    target: Int32Array.of(step, 3, 1, 9, 0),
    shape: [5, ...image],
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

test.run();
