/** @file Numbers that values of the public interface cannot have: each is refused where it is given, in a sentence that names it. */
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import {
  compare,
  constantRate,
  cosine,
  crossEntropy,
  dense,
  type Experiment,
  experiment,
  flatten,
  fromArrays,
  glyphs,
  optimizers,
  quantized,
  type RunOptions,
  recipes,
  sequential,
  train,
} from "../../../pipelines/rangeflow.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("numbers out of bounds");

const dir = scratch();

const hostile: readonly unknown[] = [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, "8", null];

/** Bounds, by which of the hostile values are allowed. */
const positive: readonly unknown[] = [0.5];
const count: readonly unknown[] = [];
/** As on the command line, where numbers are texts. */
const positiveSetting: readonly unknown[] = [0.5, "8"];
const countSetting: readonly unknown[] = ["8"];

const parts = {
  network: sequential(flatten(), quantized(dense)("output", { units: 10 })),
  data: glyphs({ train: 32, test: 16 }),
  loss: crossEntropy(),
  ...{ batch: 16, epochs: 1 },
};

const withPart = (part: object): Experiment => experiment({ ...parts, ...part });
const withBarrier = (part: object): Experiment =>
  withPart({ barrier: { weight: 1, on: "all", bound: 1, sharpness: 5, growth: 1.1, ...part } });
const withConstraint = (part: object): Experiment =>
  withPart({ constraint: { bound: 1, rate: 0.1, ...part } });
const withLayerConstraint = (part: object): Experiment =>
  withPart({ layerConstraint: { bound: 1, rate: 0.1, ...part } });
const how = (options: object): Promise<unknown> =>
  lastValueFrom(train(experiment(parts), { engine: "simd", threads: 1, ...options } as RunOptions));
const study = (options: object): Promise<unknown> =>
  lastValueFrom(compare({ mine: experiment(parts) }, { seeds: [1], jobs: 1, out: dir, ...options } as never));
const plan = (role: string, bits: unknown): Promise<unknown> =>
  lastValueFrom(train(withPart({ quantization: [{ [role]: { bits } }] }), { engine: "simd", threads: 1 }));
const arrays = (x: Float32Array, shape: readonly unknown[], options: object): unknown =>
  fromArrays(
    x,
    Int32Array.from({ length: 16 }, (_, i) => i % 2),
    shape as never,
    options,
  );
const x = new Float32Array(32);

const fields: readonly (readonly [
  name: string,
  give: (value: unknown) => unknown,
  allowed: readonly unknown[],
])[] = [
  ["batch", (batch) => withPart({ batch }), count],
  ["epochs", (epochs) => withPart({ epochs }), count],
  ["seed", (seed) => withPart({ seed }), count],
  ["accumulator", (bits) => withPart({ accumulator: { bits, overflow: "wrap", backward: false } }), count],
  ["barrier.weight", (weight) => withBarrier({ weight }), positive],
  ["barrier.bound", (bound) => withBarrier({ bound }), positive],
  ["barrier.sharpness", (sharpness) => withBarrier({ sharpness }), positive],
  ["barrier.growth", (growth) => withBarrier({ growth }), positive],
  ["constraint.bound", (bound) => withConstraint({ bound }), positive],
  ["constraint.rate", (rate) => withConstraint({ rate }), positive],
  ["constraint.smoothing", (smoothing) => withConstraint({ smoothing }), positive],
  ["layerConstraint.bound", (bound) => withLayerConstraint({ bound }), positive],
  ["layerConstraint.rate", (rate) => withLayerConstraint({ rate }), positive],
  ["measurements.sqnrEvery", (sqnrEvery) => withPart({ measurements: { sqnrEvery } }), count],
  ["measurements.histogramEvery", (histogramEvery) => withPart({ measurements: { histogramEvery } }), count],
  ["weight.bits", (bits) => plan("weight", bits), count],
  ["activation.bits", (bits) => plan("activation", bits), count],
  ["gradient.bits", (bits) => plan("gradient", bits), count],
  ["weightGradient.bits", (bits) => plan("weightGradient", bits), count],
  ["patience", (patience) => how({ patience }), positiveSetting],
  ["checkpoint-seconds", (checkpointSeconds) => how({ checkpointSeconds }), positiveSetting],
  ["threads", (threads) => how({ threads }), countSetting],
  ["seed", (seed) => study({ seeds: [seed] }), count],
  ["jobs", (jobs) => study({ jobs }), count],
  ["patience", (patience) => study({ patience }), positiveSetting],
  ["bits", (bits) => recipes.lbt({ bits } as never), countSetting],
  ["bound", (bound) => recipes.pdQat({ bound } as never), positiveSetting],
  ["barrier", (barrier) => recipes.logBtq({ barrier } as never), positiveSetting],
  ["test", (share) => arrays(x, [1, 1, 2], { test: share }), positive],
  ["classes", (classes) => arrays(x, [1, 1, 2], { classes }), count],
  ["shape", (width) => arrays(x, [1, width, 2], {}), count],
  ["train", (train) => glyphs({ train } as never), count],
  ["test", (test) => glyphs({ test } as never), count],
  ["seed", (seed) => glyphs({ seed } as never), count],
  ["momentum", (momentum) => optimizers.sgd({ momentum } as never), positive],
  ["weightDecay", (weightDecay) => optimizers.adam({ weightDecay } as never), positive],
  ["period", (period) => optimizers.blaq({ period } as never), count],
  ["mix", (mix) => optimizers.blaq({ mix } as never), positive],
  ["rate", (rate) => constantRate(rate as number), positive],
  ["rate", (rate) => cosine(rate as number), positive],
  ["last", (last) => cosine(0.1, { last } as never), positive],
];

for (const [i, [name, give, allowed]] of fields.entries())
  test(`${name} (${i})`, async () => {
    for (const value of hostile.filter((one) => !allowed.includes(one)))
      try {
        await give(value);
        assert.unreachable(`${name} takes ${String(value)}`);
      } catch (error) {
        assert.instance(error, RangeflowFailure, `${name} of ${String(value)}: ${String(error)}`);
        const { message } = error as RangeflowFailure;
        assert.ok(message.includes(name), `${name} of ${String(value)}: ${message}`);
        assert.match(message, /, expected /);
      }
  });

test.run();
