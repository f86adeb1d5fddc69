/** @file Scores of a detector over an evaluation: those of all images at once, however they come in batches. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { boxTargetShape, type LabelledBox, writeBoxes } from "../../../core/boxTarget.ts";
import { elements, type HostTensor, sizeOf, tensor } from "../../../core/tensor.ts";
import { decodeCenters } from "../../../operators/detection/decodeCenters.ts";
import { detectionMetrics } from "../../../operators/detection/detectionMetrics.ts";
import { meanAveragePrecision } from "../../../operators/detection/meanAveragePrecision.ts";
import { isEpochMetric } from "../../../operators/taps/outputMetric.ts";
import { gaussian } from "../../support/tensors.ts";

const test = suite("detectionMetrics");

const images = 5;
const output = gaussian([images, 6, 6, 6], "output");

/** Boxes that decoding finds in part: its surest of each image, moved a little, and one more. */
const truth: readonly (readonly LabelledBox[])[] = Array.from({ length: images }, (_, n) => {
  const { label, box } = decodeCenters(output, n)[n % 3]!;
  const [x0, y0, x1, y1] = box;
  return [
    { label, box: [x0, y0, Math.min(x1 + n / 2, 24), y1] },
    { label: 1 - label, box: [1, 2, 5, 8] },
  ];
});

const part = (x: HostTensor, from: number, to: number): HostTensor => {
  const size = x.size / images;
  return tensor(elements(x).slice(from * size, to * size), [to - from, ...x.shape.slice(1)]);
};

const target = ((): HostTensor => {
  const shape = [images, ...boxTargetShape(3)];
  const values = new Float32Array(sizeOf(shape));
  for (const [n, boxes] of truth.entries()) writeBoxes(boxes, 3, values, n);
  return tensor(values, shape);
})();

test("batches of any size have the scores of all images together, which are no mean over batches", () => {
  const all = truth.map((boxes, n) => ({ found: decodeCenters(output, n), truth: boxes }));
  const expected = [meanAveragePrecision(all, [0.5]), meanAveragePrecision(all)];
  assert.ok(
    expected.every((score) => score > 0.05 && score < 0.95),
    `${expected}`,
  );
  for (const cuts of [
    [0, 5],
    [0, 2, 4, 5],
    [0, 1, 2, 3, 4, 5],
  ]) {
    const found = detectionMetrics.map((metric) => {
      assert.ok(isEpochMetric(metric));
      const batches = cuts
        .slice(1)
        .map((to, i) => metric.gather(part(output, cuts[i]!, to), part(target, cuts[i]!, to)));
      return metric.compute(batches);
    });
    // Boxes of targets are float32.
    for (const [i, score] of found.entries()) assert.ok(Math.abs(score - expected[i]!) < 1e-9, `${score}`);
  }
});

test("outputs and targets of another task are refused in a sentence", () => {
  for (const metric of detectionMetrics) {
    if (!isEpochMetric(metric)) throw new Error(metric.name);
    assert.throws(
      () => metric.gather(gaussian([2, 1, 1, 2], "logits"), Int32Array.of(0, 1)),
      /^detectionMetrics: an output of 1x1x2, expected H \/ 4 x W \/ 4 x \(classes \+ 4\); end the network as centerDetector does\.$/,
    );
    assert.throws(
      () => metric.gather(part(output, 0, 2), Int32Array.of(0, 1)),
      /^detectionMetrics: labels as the target, expected boxes, a tensor of 2x1xslotsx5\.$/,
    );
  }
});

test("both gather once", () => {
  const gatherings = detectionMetrics.map((metric) => isEpochMetric(metric) && metric.gather);
  assert.is(gatherings[0], gatherings[1]);
});

test.run();
