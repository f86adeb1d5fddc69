/** @file Detections of an output: peaks of each class, the boxes of their cells, clipped, and the surest of them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { elements, type HostTensor, tensor } from "../../../core/tensor.ts";
import { decodeCenters } from "../../../operators/detection/decodeCenters.ts";
import { close } from "../../support/close.ts";
import { filled } from "../../support/tensors.ts";

const test = suite("decodeCenters");

/** An output of so many cells and two classes whose logits are -9, but for those at [n, row, column, channel]. */
const output = (
  cells: readonly [n: number, height: number, width: number],
  values: readonly (readonly [at: readonly [number, number, number, number], value: number])[],
): HostTensor => {
  const [n, height, width] = cells;
  const x = filled([n, height, width, 6], (i) => (i % 6 < 2 ? -9 : 0));
  for (const [[image, row, column, channel], value] of values)
    elements(x)[((image * height + row) * width + column) * 6 + channel] = value;
  return x;
};

test("a peak is told with the box of its cell: logarithms of sides over 16, and the place from the middle of the cell", () => {
  const found = decodeCenters(
    output(
      [2, 8, 8],
      [
        [[1, 3, 4, 1], 2],
        [[1, 3, 4, 2], Math.log(0.5)],
        [[1, 3, 4, 3], Math.log(0.25)],
        [[1, 3, 4, 4], 0.25],
        [[1, 3, 4, 5], -0.5],
      ],
    ),
    1,
  );
  const { label, score, box } = found[0]!;
  assert.is(label, 1);
  close(score, 1 / (1 + Math.exp(-2)), 1e-7);
  // Centre 4 * 4.75 = 19 and 4 * 3 = 12; sides 8 and 4.
  for (const [i, expected] of [15, 10, 23, 14].entries()) close(box[i] as number, expected, 1e-5);
});

test("what is next to a higher logit of its class is no peak, also across a corner; another class does not matter", () => {
  const found = decodeCenters(
    output(
      [1, 6, 6],
      [
        [[0, 2, 2, 0], 3],
        [[0, 3, 3, 0], 2],
        [[0, 2, 3, 1], 1],
        [[0, 5, 5, 0], 0],
      ],
    ),
    0,
  ).filter(({ score }) => score > 0.4);
  assert.equal(
    found.map(({ label, box }) => [label, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2]),
    [
      [0, 10, 10],
      [1, 14, 10],
      // A box of 16x16 around (22, 22), clipped to 24x24.
      [0, 19, 19],
    ],
  );
});

test("boxes are clipped to the image, and no more than asked for are told, the surest first", () => {
  const x = output(
    [1, 2, 2],
    [
      [[0, 0, 0, 0], 1],
      [[0, 0, 0, 2], 9],
      [[0, 1, 1, 1], 2],
    ],
  );
  const found = decodeCenters(x, 0, 2);
  assert.equal(
    found.map(({ label }) => label),
    [1, 0],
  );
  assert.equal(found[1]?.box, [0, 0, 8, 8]);
  assert.is(decodeCenters(x, 0, 1).length, 1);
});

test("100 at most where nothing is said; of equal ones the first in rows, and none of NaN", () => {
  const flat = filled([1, 20, 20, 5], () => 0);
  const found = decodeCenters(flat, 0);
  assert.is(found.length, 100);
  assert.equal(found[1]?.box, [0, 0, 14, 10], "the second cell of the first row");
  assert.is(decodeCenters(tensor(new Float32Array(5).fill(Number.NaN), [1, 1, 1, 5]), 0).length, 0);
});

test.run();
