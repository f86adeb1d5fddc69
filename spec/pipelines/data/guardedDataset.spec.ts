/** @file Data sets of one's own that throw, or give something else: a sentence before the first step, or at the batch. */
import { firstValueFrom, last } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import type { Batches } from "../../../pipelines/data/batches.ts";
import type { Dataset, TrainAndTest } from "../../../pipelines/data/dataset.ts";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import { images } from "../../../pipelines/data/images.ts";
import { experiment } from "../../../pipelines/experiments/experiment.ts";
import { train } from "../../../pipelines/runs/train.ts";
import { failureOf } from "../../support/failureOf.ts";

const test = suite("data sets of one's own");

const whole = images(glyphs({ train: 32, test: 16 }));

const trained = (data: unknown) => {
  const network = sequential(flatten(), quantized(dense)("only", { units: 10 }));
  const mine = experiment({
    name: "mine",
    network,
    data: data as Dataset,
    loss: crossEntropy(),
    batch: 16,
    epochs: 1,
  });
  return firstValueFrom(train(mine, { engine: "reference" }).pipe(last()));
};

const boom = (): never => {
  throw new Error("boom");
};

/** The data with other batches of training. */
const withTrain = (part: Partial<Readonly<Record<keyof Batches, unknown>>>) => ({
  ...whole,
  batches: (how: Parameters<Dataset["batches"]>[0]): unknown => {
    const batches: TrainAndTest = whole.batches(how);
    return { ...batches, train: { ...batches.train, ...part } };
  },
});

const cases: readonly (readonly [name: string, data: unknown, sentence: RegExp])[] = [
  ...[0, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY, "2", undefined].map(
    (perEpoch) =>
      [
        `perEpoch ${perEpoch}`,
        withTrain({ perEpoch }),
        /^data of mine, train: perEpoch .* and make of type function, expected \{ perEpoch, make \} with an integer from 1/,
      ] as const,
  ),
  ["no make", withTrain({ make: undefined }), /^data of mine, train: perEpoch 2 and make of type undefined/],
  [
    "no test batches",
    { ...whole, batches: (how: never) => ({ train: whole.batches(how).train }) },
    /^data of mine, test: undefined, expected \{ perEpoch, make \} with an integer from 0/,
  ],
  ["no batches", { ...whole, batches: () => undefined }, /^data of mine, train: undefined/],
  [
    "batches throw",
    { ...whole, batches: boom },
    /^data of mine, batches: threw boom, expected \{ train, test \}\.$/,
  ],
  [
    "a batch throws",
    withTrain({ make: boom }),
    /^data of mine, train, batch 0: threw boom, expected a batch\.$/,
  ],
  [
    "a batch is none",
    withTrain({ make: () => 3 }),
    /^data of mine, train, batch 0: 3, expected a batch \{ x, target, shape \}/,
  ],
  [
    "content is none",
    { ...whole, content: () => undefined },
    /^data of mine, content: undefined, expected \{ sha256, train, test \}/,
  ],
  [
    "content has no counts",
    { ...whole, content: () => ({ sha256: "x" }) },
    /^data of mine, content: \{"sha256":"x"\}/,
  ],
  ["content throws", { ...whole, content: boom }, /^data of mine: threw boom/],
  ["no blank", { ...whole, blank: undefined }, /^data of mine, blank: undefined, expected a function/],
  [
    "no classes",
    { ...whole, classes: undefined },
    /^data of mine, classes: undefined, expected an array of names/,
  ],
  [
    "a wrong shape",
    { ...whole, shape: [28, 28] },
    /^data of mine, shape: \[28,28\], expected \[height, width, channels\]/,
  ],
  [
    "a wrong shape of targets",
    { ...whole, targetShape: [0, 1, 1] },
    /^data of mine, targetShape: \[0,1,1\], expected \[height, width, channels\], or undefined/,
  ],
  [
    "a normalization of other channels",
    { ...whole, normalization: { mean: [0, 0], std: [1, 1] } },
    /^data of mine, normalization: .*, expected \{ mean, std \} with a number for each channel/,
  ],
];

for (const [name, data, sentence] of cases)
  test(`${name}: refused`, async () => assert.match(await failureOf(trained(data)), sentence));

test("data whose methods are those of a class train as plain ones do", async () => {
  class Mine {
    get name() {
      return whole.name;
    }
    get shape() {
      return whole.shape;
    }
    get classes() {
      return whole.classes;
    }
    content() {
      return whole.content();
    }
    batches(how: Parameters<Dataset["batches"]>[0]) {
      return whole.batches(how);
    }
    blank(samples: number) {
      return whole.blank(samples);
    }
  }
  const [a, b] = [await trained(new Mine()), await trained(whole)];
  assert.is(a.event === "done" && a.weightsSha256, b.event === "done" && b.weightsSha256);
});

test.run();
