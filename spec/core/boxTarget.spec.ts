import { suite } from "uvu";
import * as assert from "uvu/assert";
import { boxTargetShape, type LabelledBox, readBoxes, writeBoxes } from "../../core/boxTarget.ts";
import { tensor } from "../../core/tensor.ts";

const test = suite("boxTarget");

const images: readonly (readonly LabelledBox[])[] = [
  [
    { label: 4, box: [1, 2, 3, 4] },
    { label: 0, box: [0, 0, 0.5, 8] },
  ],
  [],
  [
    { label: 1, box: [5, 6, 7, 8] },
    { label: 1, box: [5, 6, 7, 9] },
    { label: 2, box: [9, 9, 10, 10] },
  ],
];

const written = (slots: number): Float32Array => {
  const values = new Float32Array(images.length * slots * 5).fill(9);
  for (const [n, boxes] of images.entries()) writeBoxes(boxes, slots, values, n);
  return values;
};

test("a slot is class and corners; empty slots are -1 and zeros, and come last", () => {
  assert.equal([...written(3).subarray(0, 15)], [4, 1, 2, 3, 4, 0, 0, 0, 0.5, 8, -1, 0, 0, 0, 0]);
});

test("what was written is read again, image by image, with room to spare or without", () => {
  for (const slots of [3, 7]) {
    assert.equal(boxTargetShape(slots), [1, slots, 5]);
    const target = tensor(written(slots), [3, ...boxTargetShape(slots)]);
    assert.equal(
      images.map((_, n) => readBoxes(target, n)),
      images,
    );
  }
});

test.run();
