/** @file Two training steps of LeNet-5 that need nothing but an engine, so that a browser can take them, too. */
import { lastValueFrom, tap } from "rxjs";
import type { Engine } from "../../core/engine.ts";
import { normal } from "../../core/random.ts";
import { elements } from "../../core/tensor.ts";
import { lenet5 } from "../../models/lenet5.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import { beginStep, build, scopeFor } from "../../operators/module/build.ts";
import { readAll } from "../../operators/module/parameters.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { constantRate } from "../../operators/training/schedule.ts";
import { sgd } from "../../operators/training/sgd.ts";

/** Outcome of two steps: the losses, and the bits of every parameter. */
export interface TwoSteps {
  readonly losses: readonly number[];
  readonly parameters: Readonly<Record<string, string>>;
}

/** The bits of some numbers, folded to 32: FNV-1a by words. */
const folded = (data: Float32Array): string => {
  const words = new Uint32Array(Float32Array.from(data).buffer);
  return words.reduce((hash, word) => Math.imul(hash ^ word, 0x01000193), 0x811c9dc5).toString(16);
};

export const twoSteps = async (engine: Engine): Promise<TwoSteps> => {
  const scope = scopeFor({ engine, shape: [28, 28, 1] });
  const rate = constantRate(0.05);
  const { layer } = build(
    sequential(lenet5({ classes: 10 }), crossEntropy(), sgd({ rate, momentum: 0.9, weightDecay: 1e-3 })),
    scope,
  );
  const losses: number[] = [];
  const batch = (step: number) => ({
    x: Float32Array.from({ length: 2 * 28 * 28 }, (_, i) => normal([step, 7], i)),
    target: Int32Array.of(step, 3),
    shape: [2, 28, 28, 1],
  });
  await lastValueFrom(
    runBatches({ to: 2 }, (step) => beginStep(engine, batch(step), { step, training: true }))(layer).pipe(
      tap((signal) => {
        if (signal._tag === "Metric" && signal.name === "loss") losses.push(signal.value);
      }),
    ),
  );
  const read = await readAll(engine, scope.parameters);
  return {
    losses,
    parameters: Object.fromEntries(read.map(({ path, value }) => [path, folded(elements(value))])),
  };
};
