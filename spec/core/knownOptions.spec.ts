/** @file Misspelt options of every function that takes some: JavaScript and casts pass them, and none may go unnoticed. */
import * as E from "fp-ts/lib/Either.js";
import { lastValueFrom, type Observable } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../core/engines/reference/engine.ts";
import { describe } from "../../core/errors.ts";
import { scopeFor } from "../../operators/module/build.ts";
import type { Module } from "../../operators/module/module.ts";
import * as rangeflow from "../../pipelines/rangeflow.ts";

const test = suite("knownOptions");

const {
  builtIn,
  conv2d,
  crossEntropy,
  dense,
  experiment,
  fromArrays,
  glyphs,
  identity,
  inHindsight,
  optimizers,
  recipes,
} = rangeflow;

const data = glyphs({ train: 64, test: 16 });
const parts = { network: identity(), data, loss: crossEntropy() };

/** Options of a type that does not have them. */
const misspelt = (options: object): never => options as never;

const built = (module: Module): void => {
  const result = module(scopeFor({ engine: reference(), shape: [8, 8, 3] }));
  if (E.isLeft(result)) throw new Error(result.left.map(describe).join("\n"));
};

const first = (run$: Observable<unknown>): Promise<unknown> => lastValueFrom(run$);

const calls: Readonly<Record<string, readonly [call: () => unknown, sentence: RegExp]>> = {
  "a convolution": [
    () => built(conv2d("c", misspelt({ outChannels: 8, kernal: 3 }))),
    /^c: an unknown option kernal, expected kernel; check its spelling\.$/,
  ],
  "a dense layer": [
    () => built(dense("d", misspelt({ unit: 10 }))),
    /^d: an unknown option unit, expected units/,
  ],
  "a normalization": [
    () => built(rangeflow.batchNorm("n", misspelt({ eps: 1 }))),
    /^n: an unknown option eps, expected one of epsilon, decay/,
  ],
  "a pool": [
    () => built(rangeflow.maxPool(misspelt({ sise: 2 }))),
    /^maxPool: an unknown option sise, expected size/,
  ],
  "a layer that is quantized": [
    () => built(rangeflow.quantized(dense)("q", misspelt({ units: 2, bais: true }))),
    /^q: an unknown option bais, expected bias/,
  ],
  "a quantizing layer": [
    () => rangeflow.quantize(misspelt({ activations: "x" })),
    /^quantize: an unknown option activations, expected activation/,
  ],
  "a loss": [
    () => crossEntropy(misspelt({ smooting: 0.1 })),
    /^crossEntropy: .* smooting, expected smoothing/,
  ],
  "a schedule": [() => rangeflow.cosine(0.1, misspelt({ lest: 0 })), /^cosine: .* lest, expected last/],
  "an optimizer": [
    () => optimizers.sgd(misspelt({ momentun: 0.9 })),
    /^optimizers\.sgd: an unknown option momentun, expected momentum/,
  ],
  "an optimizer's rate": [
    () => optimizers.adam(misspelt({ rate: 0.1 })),
    /^optimizers\.adam: .* rate, expected one of/,
  ],
  "an estimator": [() => inHindsight(misspelt({ decai: 0.9 })), /unknown option decai, expected decay/],
  "a recipe": [
    () => recipes.lbt(misspelt({ bit: 3 })),
    /^recipes\.lbt: an unknown option bit, expected bits/,
  ],
  arrays: [
    () => fromArrays(Float32Array.of(0, 1), [0, 1], [1, 1, 1], misspelt({ clases: 2 })),
    /^fromArrays: an unknown option clases, expected classes/,
  ],
  "data of this package": [() => glyphs(misspelt({ trian: 10 })), /^glyphs: .* trian, expected train/],
  images: [() => rangeflow.images(data, misspelt({ augmented: true })), /^images: .* expected augment/],
  "measurements of an experiment": [
    () => experiment({ ...parts, measurements: misspelt({ sqnr: 1 }) }),
    /^experiment, measurements: an unknown option sqnr, expected one of sqnrEvery, histogramEvery/,
  ],
  "the score of an experiment": [
    () => experiment({ ...parts, score: misspelt({ metric: "loss", better: "lower", unit: "W" }) }),
    /^experiment, score: an unknown option unit/,
  ],
  training: [() => first(rangeflow.train(builtIn(), misspelt({ owt: "x" }))), /^train: .* owt, expected out/],
  evaluation: [
    () => first(rangeflow.evaluate(builtIn(), "no", misspelt({ trusted: true }))),
    /^evaluate: .* trusted, expected trust/,
  ],
  "a study": [
    () => first(rangeflow.compare({}, misspelt({ seed: [1], seeds: [1], out: "x" }))),
    /^compare: an unknown option seed, expected seeds/,
  ],
  "a verification": [
    () => rangeflow.verifyRun(builtIn(), "no", misspelt({ trus: true })),
    /^verifyRun: .* trus, expected trust/,
  ],
  "running batches": [
    () => rangeflow.runBatches(misspelt({ to: 1, form: 0 }), () => undefined as never),
    /^runBatches: .* form, expected from/,
  ],
  "options that are none": [
    () => built(conv2d("c", misspelt([3]))),
    /^c: options \[3\], expected an object with outChannels/,
  ],
};

for (const [what, [call, sentence]] of Object.entries(calls))
  test(`an unknown option of ${what} is refused by its name, with the nearest one`, async () => {
    let message = "nothing was refused";
    try {
      await call();
    } catch (error) {
      message = (error as Error).message;
    }
    assert.match(message, sentence);
  });

test.run();
