/** @file Predictions of a saved run: what its evaluation gives, for arrays of one's own. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { elements } from "../../../core/tensor.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { loss } from "../../../operators/losses/loss.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { epochMetric } from "../../../operators/taps/epochMetric.ts";
import { fromArrays } from "../../../pipelines/data/fromArrays.ts";
import { experiment } from "../../../pipelines/experiments/experiment.ts";
import { builtIn, experimentFile } from "../../../pipelines/experiments/source.ts";
import { inferenceGraph } from "../../../pipelines/inference/inferenceGraph.ts";
import { predict } from "../../../pipelines/inference/predict.ts";
import { runGraph } from "../../../pipelines/inference/runGraph.ts";
import type { StartEvent } from "../../../pipelines/runs/events.ts";
import { train } from "../../../pipelines/runs/train.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { evaluatedRun, trainBriefly } from "./evaluatedRun.ts";

const test = suite("predict");
const home = scratch();
const simd = { engine: "simd", threads: 1 } as const;

const glyphs = join(home, "glyphs");
await trainBriefly({}, glyphs);
const evaluated = await evaluatedRun(glyphs);
const images = (count: number): Float32Array =>
  Float32Array.from(Array.from({ length: count }, (_, n) => [...evaluated.image(n)]).flat());
const outputs = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, n) => [...evaluated.outputs(n)]).flat();

test("logits are those of the evaluation, to the bit, for whole batches and a part of one", async () => {
  for (const [count, batch] of [
    [16, 16],
    [10, 4],
    [1, 16],
  ] as const) {
    const logits = await predict(builtIn(), glyphs, images(count), { ...simd, batch });
    assert.equal(logits.shape, [count, 1, 1, 10]);
    assert.equal([...elements(logits)], outputs(count));
  }
});

const bytes = Uint8Array.from({ length: 40 * 3 * 3 * 2 }, (_, i) => (i * 37) % 256);
const classes = Int32Array.from({ length: 40 }, (_, i) => i % 2);
const ofBytes = experiment({
  network: quantized(dense)("output", { units: 2 }),
  data: fromArrays(bytes, classes, [3, 3, 2]),
  loss: crossEntropy(),
  batch: 8,
  epochs: 1,
});

test("bytes are normalized as those of the run's data, channel by channel", async () => {
  const out = join(home, "bytes");
  await lastValueFrom(train(ofBytes, { ...simd, out }));
  const given = bytes.slice(0, 2 * 18);
  const sums = [0, 1].map((c) => {
    const own = Array.from(bytes).filter((_, i) => i % 2 === c);
    const mean = own.reduce((sum, v) => sum + v / 255, 0) / own.length;
    return { mean, std: Math.sqrt(own.reduce((sum, v) => sum + (v / 255 - mean) ** 2, 0) / own.length) };
  });
  const floats = Float32Array.from(given, (v, i) => (v / 255 - sums[i % 2]!.mean) / sums[i % 2]!.std);
  const [fromBytes, fromFloats] = [await predict(ofBytes, out, given), await predict(ofBytes, out, floats)];
  assert.equal([...elements(fromBytes)], [...elements(fromFloats)]);
  assert.ok(new Set(elements(fromBytes)).size > 1);
});

/** The experiment of `ofBytes`, in a file. */
const fileOfBytes = `import { crossEntropy, dense, experiment, fromArrays, quantized } from "rangeflow";

const bytes = Uint8Array.from({ length: 40 * 3 * 3 * 2 }, (_, i) => (i * 37) % 256);
const classes = Int32Array.from({ length: 40 }, (_, i) => i % 2);
export default experiment({
  network: quantized(dense)("output", { units: 2 }),
  data: fromArrays(bytes, classes, [3, 3, 2]),
  loss: crossEntropy(),
  batch: 8,
  epochs: 1,
});
`;

test("bytes of an experiment's file are known to be bytes, as those of code are", async () => {
  const [file, out] = [join(home, "bytes.ts"), join(home, "from-file")];
  writeFileSync(file, fileOfBytes);
  const source = experimentFile(file);
  const { normalization } = fromArrays(bytes, classes, [3, 3, 2]);
  const [start] = await lastValueFrom(train(source, { ...simd, out }).pipe(toArray()));
  const { inputMean, inputStd } = start as StartEvent;
  assert.equal({ mean: inputMean, std: inputStd }, normalization);
  const given = bytes.slice(0, 2 * 18);
  const [ofFile, ofCode] = [
    await predict(source, out, given),
    await predict(ofBytes, join(home, "bytes"), given),
  ];
  assert.equal([...elements(ofFile)], [...elements(ofCode)]);
  assert.equal((await inferenceGraph(source, out)).normalization, normalization);
});

test("metrics, losses and detections, which may refuse made-up targets, are not called", async () => {
  const out = join(home, "called");
  let calls = 0;
  const counted = <T>(value: T): T => {
    calls++;
    return value;
  };
  const own = experiment({
    network: quantized(dense)("output", { units: 5 }),
    data: fromArrays(bytes, new Float32Array(40 * 5), [3, 3, 2], { targetShape: [1, 1, 5] }),
    loss: loss(
      "own",
      (y) => counted(y),
      () => counted(1),
    ),
    metrics: [
      { name: "mine", better: "higher", evaluate: () => counted(1) },
      epochMetric({ name: "all", better: "higher", gather: () => counted(1), compute: () => counted(1) }),
    ],
    detections: () => counted([]),
    batch: 8,
    epochs: 1,
  });
  await lastValueFrom(train(own, { ...simd, out }));
  // A run calls its functions to know them, however many samples there are.
  const callsFor = async (samples: number): Promise<number> => {
    calls = 0;
    await predict(own, out, new Float32Array(18 * samples), simd);
    return calls;
  };
  assert.ok(calls > 0);
  assert.is(await callsFor(1), await callsFor(24));
});

test("inputs that are no whole images, and graphs of other images, are refused", async () => {
  const refused = (x: unknown, options = {}): Promise<string> =>
    failureOf(predict(builtIn(), glyphs, x as Float32Array, options));
  for (const count of [0, 100, 785])
    assert.match(
      await refused(new Float32Array(count)),
      new RegExp(
        `^predict, x: ${count} numbers, expected .* images of 28x28x1 \\(H, W, C\\), 784 numbers each`,
      ),
    );
  assert.match(await refused([1, 2]), /^predict, x: Array, expected a Float32Array or Uint8Array/);
  assert.match(await refused(new Float64Array(784)), /^predict, x: Float64Array, expected/);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
    assert.match(
      await refused(images(3).fill(value, 784, 785)),
      new RegExp(`^predict: ${value} in sample 1 of x, expected finite numbers`),
    );
  assert.match(await refused(images(1), { batch: 0 }), /^predict, batch: 0, expected an integer from 1\.$/);
  assert.match(await refused(images(1), { bach: 1 }), /an unknown option bach, expected .*batch/);
  const graph = await inferenceGraph(builtIn(), glyphs);
  assert.match(
    await failureOf(() => runGraph(graph, new Uint8Array(784) as never)),
    /image: Uint8Array, expected a Float32Array of one image/,
  );
  for (const count of [0, 100, 2 * 784])
    assert.match(
      await failureOf(() => runGraph(graph, new Float32Array(count))),
      new RegExp(
        `image: ${count} numbers, expected a Float32Array of one image of 28x28x1 .*; predict takes several images`,
      ),
    );
});

test.run();
