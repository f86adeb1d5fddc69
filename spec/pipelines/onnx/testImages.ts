/** @file Test images of a run, as many as are asked for, and what its evaluation makes of them. */
import { lastValueFrom } from "rxjs";
import { getOrThrow } from "../../../core/getOrThrow.ts";
import { elements, type Shape } from "../../../core/tensor.ts";
import { beginStep } from "../../../operators/module/build.ts";
import { runBatches } from "../../../operators/module/runBatches.ts";
import { aroundSite } from "../../../operators/sites/site.ts";
import { wait } from "../../../operators/step/task.ts";
import { builtInExperiment } from "../../../pipelines/experiments/builtInExperiment.ts";
import type { RunSource } from "../../../pipelines/experiments/source.ts";
import { evaluatedOutputs } from "../../../pipelines/inference/evaluatedOutputs.ts";
import { dataOf } from "../../../pipelines/runs/identified.ts";
import { type Prepared, prepare } from "../../../pipelines/runs/prepare.ts";
import { decodeSettings } from "../../../pipelines/settings/settings.ts";

export interface TestImages {
  /** Images one after another. */
  readonly images: Float32Array;
  /** [N, H, W, C] of them. */
  readonly shape: Shape;
  readonly outputs: Float32Array;
  readonly firstSite: string;
  /** Codes of the first site, of all images. */
  readonly firstCodes: Int8Array;
  /** Codes of each site, of a few images. */
  readonly fewCodes: ReadonlyMap<string, Int8Array>;
}

const batchSize = 20;

const joined = <T extends Float32Array | Int8Array>(parts: readonly T[], to: T): T => {
  let at = 0;
  for (const part of parts) {
    to.set(part, at);
    at += part.length;
  }
  return to;
};

const sum = (numbers: readonly { readonly length: number }[]): number =>
  numbers.reduce((all, { length }) => all + length, 0);

/** Evaluates so many test images of the data of a built-in run, whatever limit it was trained with; `few` is one batch. */
export const testImages = async (
  source: RunSource,
  dir: string,
  count: number,
  few: 20,
): Promise<TestImages> => {
  const codes = new Map<string, Int8Array>();
  const hooks = (engine: Prepared["engine"]) => [
    aroundSite.hook((site, { path, role }) => ({
      ...site,
      quantize: function* (x, ctx) {
        const quantized = yield* site.quantize(x, ctx);
        if (role === "activation" && quantized.value._tag === "Codes")
          codes.set(path, Int8Array.from(elements(yield* wait(engine.read(quantized.value.q.codes)))));
        return quantized;
      },
    })),
  ];
  const { module, outputs } = evaluatedOutputs();
  const onlookers = { hooks, looks: [module] };
  const run = await prepare(source, { ...{ out: dir, resume: true, engine: "simd", threads: 1, onlookers } });
  const { engine, network, experiment, identity, step } = run;
  try {
    if (identity.from !== "settings") throw new Error("a run of built-in data is expected");
    const settings = getOrThrow(decodeSettings({ ...identity.settings, testLimit: count }));
    const located = { ...settings, ...(source as { readonly settings?: object }).settings };
    const data = await dataOf({ ...experiment, data: builtInExperiment(located, []).data });
    const { test } = data.batches({ batch: batchSize, seed: experiment.seed });
    const [images, found, first]: [Float32Array[], Float32Array[], Int8Array[]] = [[], [], []];
    let fewCodes: ReadonlyMap<string, Int8Array> = new Map();
    const keep = (): void => {
      found.push(elements(outputs()));
      first.push([...codes.values()][0]!);
      if (found.length * batchSize === few) fewCodes = new Map(codes);
    };
    // One subscription, since the past of each site is replayed once.
    await lastValueFrom(
      runBatches({ to: test.perEpoch }, (i) => {
        if (i > 0) keep();
        const batch = test.make(i);
        images.push(batch.x.slice());
        return beginStep(engine, batch, { step, training: false });
      })(network.layer),
    );
    keep();
    const [h, w, c] = data.shape;
    return {
      images: joined(images, new Float32Array(sum(images))),
      shape: [test.perEpoch * batchSize, h, w, c],
      outputs: joined(found, new Float32Array(sum(found))),
      firstSite: [...codes.keys()][0]!,
      firstCodes: joined(first, new Int8Array(sum(first))),
      fewCodes,
    };
  } finally {
    engine.dispose();
  }
};
