/** @file A run of detection that specs share: a bar on 12 small grey images, in one of two classes, and a network of one convolution. */
import type { LabelledBox } from "../../../core/boxTarget.ts";
import { centerLoss } from "../../../operators/detection/centerLoss.ts";
import { decodeCenters } from "../../../operators/detection/decodeCenters.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { fromBoxes } from "../../../pipelines/data/fromBoxes.ts";
import type { ExperimentParts } from "../../../pipelines/experiments/experiment.ts";

const side = 16;

/** Image n: a bar of 4 rows at row n, over all columns but n; bytes are 40 outside and 200 + n within. */
const bars = (count: number) => {
  const x = new Uint8Array(count * side * side).fill(40);
  const boxes: (readonly LabelledBox[])[] = [];
  for (let n = 0; n < count; n++) {
    for (let row = n; row < n + 4; row++)
      x.fill(200 + n, n * side * side + row * side + n, n * side * side + (row + 1) * side);
    boxes.push(n === 2 ? [] : [{ label: n % 2, box: [n, n, side, n + 4] }]);
  }
  return { x, boxes };
};

/** Ten test images, in three batches. */
export const barsData = () => {
  const { x, boxes } = bars(12);
  return fromBoxes(x, boxes, [side, side, 1], { classes: ["even", "odd"], test: bars(10) });
};

export const detecting: ExperimentParts = {
  name: "bars",
  network: quantized(conv2d)("heads", { outChannels: 6, kernel: 4, stride: 4, bias: true }),
  data: barsData(),
  loss: centerLoss(),
  detections: decodeCenters,
  batch: 4,
  epochs: 3,
};
