/** @file A few steps of a small network on any engine: what weights it comes to, and what its sites have seen. */
import { lastValueFrom, tap } from "rxjs";
import type { Engine } from "../../core/engine.ts";
import { expectSync } from "../../core/eventual.ts";
import { normal } from "../../core/random.ts";
import { elements, sizeOf } from "../../core/tensor.ts";
import { lenet5 } from "../../models/lenet5.ts";
import { resnet20 } from "../../models/resnet20.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import { beginStep, build, scopeFor } from "../../operators/module/build.ts";
import type { Module, Scope } from "../../operators/module/module.ts";
import { readAll } from "../../operators/module/parameters.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { constantRate } from "../../operators/training/schedule.ts";
import { sgd } from "../../operators/training/sgd.ts";
import { weightsSha256 } from "../../pipelines/files/checkpoint.ts";

const networks = { lenet5: [lenet5, [28, 28, 1]], resnet20: [resnet20, [32, 32, 3]] } as const;

/** Name of a network. */
export type NetworkName = keyof typeof networks;

/** Settings of a few steps; `around` is put around the network. */
export interface Steps extends Partial<Pick<Scope, "quantizer" | "hooks">> {
  readonly samples?: number;
  /** Whether a step trains, all of them where missing. */
  readonly trains?: (step: number) => boolean;
  readonly around?: (network: Module) => Module;
}

/** Three steps: the hash of the weights, and a row for each tensor of a site and each metric. */
export const trainedSteps = async (
  engine: Engine,
  name: NetworkName,
  { samples = 5, trains = () => true, around = (network) => network, ...scoped }: Steps = {},
): Promise<{ readonly rows: readonly string[]; readonly hash: string }> => {
  const [network, image] = networks[name];
  const scope = scopeFor({ engine, shape: image, ...scoped });
  const learning = sgd({ rate: constantRate(0.05), momentum: 0.9, weightDecay: 1e-3 });
  const { layer } = build(sequential(around(network({ classes: 10 })), crossEntropy(), learning), scope);
  const batch = (step: number) => ({
    x: Float32Array.from({ length: samples * sizeOf(image) }, (_, i) => normal([step, 7], i)),
    target: Int32Array.from({ length: samples }, (_, i) => (step + 3 * i) % 10),
    shape: [samples, ...image],
  });
  const rows: string[] = [];
  await lastValueFrom(
    runBatches({ to: 3 }, (step) => beginStep(engine, batch(step), { step, training: trains(step) }))(
      layer,
    ).pipe(
      tap((signal) => {
        if (signal._tag === "RangeSeen" || signal._tag === "Metric") rows.push(JSON.stringify(signal));
      }),
    ),
  );
  const read = expectSync(readAll(engine, scope.parameters));
  const saved = new Map(
    read.map(({ path, value }) => [path, { shape: value.shape, data: elements(value).slice() }]),
  );
  return { rows, hash: weightsSha256(saved) };
};
