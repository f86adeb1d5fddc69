/** @file A training run that fits into a spec: two layers, quantized, on a few fixed images. */
import type { Observable } from "rxjs";
import type { Engine } from "../../core/engine.ts";
import { key } from "../../core/random.ts";
import type { Signal } from "../../core/signal.ts";
import { batchNorm } from "../../operators/layers/batchNorm.ts";
import { conv2d } from "../../operators/layers/conv2d.ts";
import { dense } from "../../operators/layers/dense.ts";
import { relu } from "../../operators/layers/relu.ts";
import { residual } from "../../operators/layers/residual.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import type { Layer } from "../../operators/module/layer.ts";
import type { Scope } from "../../operators/module/module.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { quantized } from "../../operators/sites/quantized.ts";
import { constantRate } from "../../operators/training/schedule.ts";
import { sgd } from "../../operators/training/sgd.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { elements } from "./elements.ts";
import { forgetful } from "./forgetful.ts";
import { gaussian } from "./tensors.ts";
import { batch, built, quantizing, testScope } from "./testScope.ts";

export interface SmallRun {
  readonly signals$: Observable<Signal>;
  /** The values of all parameters, one after another. */
  readonly weights: () => readonly number[];
  readonly layer: Layer;
  readonly engine: Engine;
}

/** Names of all sites of the run. */
export const sites = ["conv", "block", "dense"].flatMap((layer) =>
  ["input", "weight", "gradient"].map((kind) => `${layer}/${kind}`),
);

/** `to` steps from the first weights, or from those given; as many signals as there are. */
export const smallRun = (
  {
    from = 0,
    to,
    weights = [],
  }: { readonly from?: number; readonly to: number; readonly weights?: readonly number[] },
  overrides: Partial<Scope> = {},
): SmallRun => {
  const engine = forgetful();
  const scope = testScope({
    shape: [4, 4, 2],
    engine,
    quantizer: quantizing(inHindsight()),
    seed: key(11),
    ...overrides,
  });
  const network = sequential(
    quantized(conv2d)("conv", { outChannels: 3, kernel: 3, padding: 1 }),
    batchNorm("norm"),
    residual(sequential(relu(), quantized(conv2d)("block", { outChannels: 3, kernel: 3, padding: 1 }))),
    relu(),
    quantized(dense)("dense", { units: 3 }),
    crossEntropy(),
    sgd({ rate: constantRate(0.05), momentum: 0.9, weightDecay: 1e-3 }),
  );
  const { layer } = built(network, scope);
  const values = (): readonly Float32Array[] => scope.parameters.list().map(({ value }) => elements(value));
  if (weights.length > 0) {
    let taken = 0;
    for (const value of values()) {
      value.set(weights.slice(taken, taken + value.length));
      taken += value.length;
    }
  }
  const signals$ = runBatches({ from, to }, (step) => {
    engine.beginStep();
    return batch(gaussian([3, 4, 4, 2], `batch ${step % 4}`), { step, target: Int32Array.of(0, 1, 2) });
  })(layer);
  return { signals$, weights: () => values().flatMap((value) => [...value]), layer, engine };
};
