/**
 * @file Twenty training steps of LeNet-5 in 8/8/8 give the same bits on every engine: codes, statistics, ranges, gradients, weights.
 *
 * WebGPU runs where the package `webgpu` finds an adapter; on a software one such as SwiftShader eight steps; otherwise its test is skipped.
 */
import { createHash } from "node:crypto";
import * as E from "fp-ts/lib/Either.js";
import { lastValueFrom, tap } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../core/engine.ts";
import { type GpuEngine, gpu } from "../../core/engines/gpu/engine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { describe } from "../../core/errors.ts";
import { after } from "../../core/eventual.ts";
import type { NavigatorGpu } from "../../core/navigatorGpu.ts";
import { beginStep } from "../../operators/module/build.ts";
import { chained } from "../../operators/module/layer.ts";
import { readAll } from "../../operators/module/parameters.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { snapshot } from "../../operators/taps/snapshot.ts";
import { trainBatches } from "../../pipelines/data/batches.ts";
import { glyphs } from "../../pipelines/data/glyphs.ts";
import { images } from "../../pipelines/data/images.ts";
import { builtInExperiment } from "../../pipelines/experiments/builtInExperiment.ts";
import { watchedCall } from "../../pipelines/foreign/watchdog.ts";
import { network } from "../../pipelines/runs/network.ts";
import { navigatorGpu } from "../../pipelines/runs/webgpu.ts";
import { defaults, type Settings } from "../../pipelines/settings/settings.ts";
import { elements } from "../support/elements.ts";
import { quantization } from "./quantization.ts";

const steps = 20;
const batch = 4;
const data = glyphs({ train: steps * batch, test: 10 });

/** Everything that a run has computed, as one line for each thing that can differ. */
interface Trace {
  readonly ranges: readonly string[];
  readonly gradients: readonly string[];
  readonly codes: string;
  readonly weights: string;
}

const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
const short = (array: ArrayBufferView): string =>
  createHash("sha256").update(bytes(array)).digest("hex").slice(0, 12);

/** The engine itself, and a hash of all the codes that its passes have written. */
const listening = (engine: Engine): { readonly engine: Engine; readonly codes: () => string } => {
  const hash = createHash("sha256");
  return {
    engine: {
      ...engine,
      run: (x, sinks) =>
        after(engine.run(x, sinks), (result) =>
          after(result.codes && engine.read(result.codes), (codes) => {
            if (codes) hash.update(bytes(elements(codes)));
            return result;
          }),
        ),
    },
    codes: () => hash.digest("hex"),
  };
};

const traced = async (raw: Engine, wanted: Partial<Settings> = {}, to = steps): Promise<Trace> => {
  const { engine, codes } = listening(raw);
  const settings = { ...defaults, batch, ...wanted };
  const { layer, parameters } = network({
    ...(await quantization(settings)),
    experiment: builtInExperiment(settings, []),
    data: images(data),
    engine,
    history: () => [],
    patience: 10,
    watch: watchedCall,
    length: { steps, perEpoch: steps },
  });
  const batches = trainBatches(data, { batch, seed: 1, augment: false });
  const ranges: string[] = [];
  const gradients: string[] = [];
  await lastValueFrom(
    runBatches({ to }, (step) => beginStep(engine, batches.make(step), { step, training: true }))(
      chained([{ layer }, { layer: snapshot(engine) }]).layer,
    ).pipe(
      tap((signal) => {
        if (signal._tag === "RangeSeen") ranges.push(JSON.stringify(signal));
        if (signal._tag === "ParameterGradient")
          gradients.push(`${signal.step} ${signal.parameter.path} ${short(elements(signal.gradient))}`);
      }),
    ),
  );
  const read = await readAll(engine, parameters);
  const weights = read.map(({ path, value }) => `${path} ${short(elements(value))}`);
  engine.dispose();
  return { ranges, gradients, codes: codes(), weights: weights.join("\n") };
};

const usual = await traced(reference());

const sameAs = (actual: Trace, expected = usual): void => {
  for (const name of ["ranges", "gradients"] as const) {
    assert.is(actual[name].length, expected[name].length);
    for (const [i, line] of expected[name].entries()) assert.is(actual[name][i], line);
  }
  assert.is(actual.codes, expected.codes);
  assert.is(actual.weights, expected.weights);
};

const gpuIn = async (mode: "cpu" | "webasm" | "webgpu", navigatorGpu?: NavigatorGpu): Promise<GpuEngine> => {
  const engine = await gpu({ host: simd(), mode, navigatorGpu });
  if (E.isLeft(engine)) throw new Error(describe(engine.left));
  return engine.right;
};

const webgpu = await navigatorGpu()
  .then((navigator) => gpuIn("webgpu", navigator))
  .catch((error: Error) => error);

const test = suite("engines");

test("the reference has seen every site at every step, and has learned at each", () => {
  assert.is(usual.ranges.length, 15 * steps);
  assert.is(usual.gradients.length, 10 * steps);
  assert.is(new Set(usual.gradients.map((line) => line.split(" ")[2])).size, 10 * steps);
});

test("simd gives the bits of the reference", async () => sameAs(await traced(simd())));

for (const [weightQuantizer, activationQuantizer, bits, gradientQuantizer] of [
  ["lsq", "cgPact:levels=released,sign=signed", "4/4/8", "uniform"],
  ["lbt", "lsq", "8/8/8", "uniform"],
  ["sat", "pact", "8/3/8", "uniform"],
  ["sat:grid=original", "lbt", "7/4/4", "dorefa"],
  ["dorefa", "dorefa", "8/8/8", "uniform"],
] as const)
  test(`simd gives the bits of the reference: ${weightQuantizer}, ${activationQuantizer}, ${gradientQuantizer}, ${bits}`, async () => {
    const settings = { weightQuantizer, activationQuantizer, gradientQuantizer, bits };
    sameAs(await traced(simd(), settings, 5), await traced(reference(), settings, 5));
  });

for (const mode of ["cpu", "webasm"] as const)
  test(`gpu.js ${mode} gives the bits of the reference`, async () => sameAs(await traced(await gpuIn(mode))));

if (webgpu instanceof Error) test.skip(`gpu.js webgpu cannot run here: ${webgpu.message}`);
else {
  // A program that acts as a GPU takes a second a step, and compiles every kernel in the first two.
  const to = webgpu.adapter?.software ? 8 : steps;
  test("gpu.js webgpu gives the bits of the reference", async () =>
    sameAs(await traced(webgpu, {}, to), to === steps ? usual : await traced(reference(), {}, to)));
}

test.run();
