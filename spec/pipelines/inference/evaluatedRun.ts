/** @file What the evaluation of a saved run makes of its test images: the codes of every site of activations, and outputs. */
import { lastValueFrom } from "rxjs";
import { elements } from "../../../core/tensor.ts";
import { beginStep } from "../../../operators/module/build.ts";
import { runBatches } from "../../../operators/module/runBatches.ts";
import { aroundSite } from "../../../operators/sites/site.ts";
import { wait } from "../../../operators/step/task.ts";
import { builtIn, type RunSource } from "../../../pipelines/experiments/source.ts";
import { evaluatedOutputs } from "../../../pipelines/inference/evaluatedOutputs.ts";
import { type Prepared, prepare } from "../../../pipelines/runs/prepare.ts";
import { train } from "../../../pipelines/runs/train.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";

/** Trains a few steps of a built-in experiment into a directory. */
export const trainBriefly = (settings: Partial<Settings>, out: string): Promise<unknown> =>
  lastValueFrom(
    train(
      builtIn({
        ...{ limit: 64, testLimit: 16, batch: 16, epochs: 1, engine: "simd", threads: 1 },
        ...settings,
      }),
      { out },
    ),
  );

/** Test images of a run, and what its evaluation makes of them, image by image. */
export interface EvaluatedRun {
  readonly count: number;
  /** One image, as the data have it. */
  readonly image: (n: number) => Float32Array;
  readonly outputs: (n: number) => Float32Array;
  /** Codes of all sites of activations, by path. */
  readonly codes: (n: number) => ReadonlyMap<string, Int8Array>;
}

/** Evaluates the test images of a run on the engine `simd`. */
export const evaluatedRun = async (dir: string, source: RunSource = builtIn()): Promise<EvaluatedRun> => {
  const codes = new Map<string, Int8Array[]>();
  const { module, outputs } = evaluatedOutputs();
  const hooks = (engine: Prepared["engine"]) => [
    aroundSite.hook((site, { path, role }) => ({
      ...site,
      quantize: function* (x, ctx) {
        const quantized = yield* site.quantize(x, ctx);
        const { value } = quantized;
        if (role === "activation" && value._tag === "Codes")
          codes.set(path, [
            ...(codes.get(path) ?? []),
            Int8Array.from(elements(yield* wait(engine.read(value.q.codes)))),
          ]);
        return quantized;
      },
    })),
  ];
  const onlookers = { hooks, looks: [module] };
  const { engine, network, batches, step } = await prepare(source, {
    ...{ out: dir, resume: true, engine: "simd", threads: 1, onlookers },
  });
  try {
    const { make, perEpoch, samplesPerEpoch: count } = batches.test;
    const images: Float32Array[] = [];
    const found: Float32Array[] = [];
    const evaluated$ = runBatches({ to: perEpoch }, (i) => {
      if (i > 0) found.push(elements(outputs()));
      const batch = make(i);
      images.push(batch.x);
      return beginStep(engine, batch, { step, training: false });
    })(network.layer);
    await lastValueFrom(evaluated$);
    found.push(elements(outputs()));
    const each = make(0).shape[0] as number;
    /** The part of image `n` in arrays that have one element for each batch. */
    const part = <T extends Float32Array | Int8Array>(parts: readonly T[], n: number): T => {
      const size = (parts[0] as T).length / each;
      const at = n % each;
      return (parts[Math.floor(n / each)] as T).slice(at * size, (at + 1) * size) as T;
    };
    return {
      count,
      image: (n) => part(images, n),
      outputs: (n) => part(found, n),
      codes: (n) => new Map([...codes].map(([path, all]) => [path, part(all, n)])),
    };
  } finally {
    engine.dispose();
  }
};
