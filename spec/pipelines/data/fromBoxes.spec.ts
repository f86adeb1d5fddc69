/** @file Images with boxes in memory: what batches they make, what they are known by, and what is refused. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type LabelledBox, readBoxes } from "../../../core/boxTarget.ts";
import type { HostTensor } from "../../../core/tensor.ts";
import { type FromBoxesOptions, fromBoxes } from "../../../pipelines/data/fromBoxes.ts";
import { sentenceOf } from "../files/scratch.ts";

const test = suite("fromBoxes");

/** Four grey images of 4 rows and 6 columns; every pixel of image n is n. */
const x = Float32Array.from({ length: 4 * 24 }, (_, i) => Math.floor(i / 24));

const shape = [4, 6, 1] as const;

const boxes: readonly (readonly LabelledBox[])[] = [
  [{ label: 1, box: [0, 0, 6, 4] }],
  [],
  [
    { label: 0, box: [1, 2, 3, 4] },
    { label: 0, box: [1, 2, 3, 3.5] },
    { label: 2, box: [1, 2, 3, 4] },
  ],
  [{ label: 0, box: [0, 0, 1, 1] }],
];

const one = (box: readonly number[], label = 0) =>
  fromBoxes(x.subarray(0, 24), [[{ label, box } as never]], shape);

test("an image goes with its own boxes, in a new order each epoch, and in order for evaluation", () => {
  const data = fromBoxes(x, boxes, shape, { test: { x, boxes } });
  assert.equal([data.targetShape, data.classes, data.name], [[1, 3, 5], ["0", "1", "2"], "boxes"]);
  const { train, test: evaluated } = data.batches({ batch: 2, seed: 1 });
  const orders = [0, 1, 2, 3].map((step) => {
    const { x: made, target } = train.make(step);
    const order = [made[0] as number, made[24] as number];
    for (const [n, image] of order.entries()) assert.equal(readBoxes(target as HostTensor, n), boxes[image]);
    return order;
  });
  assert.equal(orders.slice(0, 2).flat().toSorted(), [0, 1, 2, 3]);
  assert.not.equal(orders.slice(0, 2), orders.slice(2));
  const { target } = evaluated.make(1);
  assert.equal(
    [0, 1].map((n) => readBoxes(target as HostTensor, n)),
    boxes.slice(2),
  );
});

test("bytes are normalized by the moments of the training images", () => {
  const bytes = Uint8Array.from({ length: 48 }, (_, i) => (i % 2) * 255);
  const data = fromBoxes(bytes, [[], []], shape);
  assert.equal([...data.batches({ batch: 1, seed: 1 }).train.make(0).x.subarray(0, 2)], [-1, 1]);
  assert.equal(data.classes, ["0"]);
  assert.equal(data.targetShape, [1, 1, 5]);
});

test("slots are those of the fullest image of training and test, or as many as are asked for", () => {
  const slotsOf = (options: FromBoxesOptions) =>
    fromBoxes(x.subarray(0, 24), [boxes[0] as never], shape, options).targetShape?.[1];
  assert.is(slotsOf({}), 1);
  assert.is(slotsOf({ classes: 3, test: { x, boxes } }), 3);
  assert.is(slotsOf({ slots: 9 }), 9);
});

test("a share for evaluation keeps images and boxes together; classes that it lacks are fine", () => {
  const data = fromBoxes(x, boxes, shape, { classes: ["a", "b", "c"], test: 0.25 });
  assert.equal([data.content().train, data.content().test], [3, 1]);
  const { x: made, target } = data.batches({ batch: 1, seed: 1 }).test.make(0);
  assert.equal(readBoxes(target as HostTensor, 0), boxes[made[0] as number]);
});

test("data are known by their content: boxes, labels and slots count", () => {
  const sha = (ofImages: typeof boxes, options: FromBoxesOptions = {}) =>
    fromBoxes(x, ofImages, shape, { classes: 3, ...options }).content().sha256;
  const others = [
    sha(boxes),
    sha([...boxes.slice(0, 3), [{ label: 0, box: [0, 0, 1, 2] }]]),
    sha([...boxes.slice(0, 3), [{ label: 1, box: [0, 0, 1, 1] }]]),
    sha([...boxes.slice(0, 3), []]),
    sha(boxes, { slots: 4 }),
    sha(boxes, { test: { x, boxes } }),
  ];
  assert.is(new Set(others).size, others.length);
  assert.is(sha(boxes), others[0]);
});

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

for (const [what, make, sentence] of [
  [
    "a box outside of the image",
    () => one([0, 0, 7, 4]),
    /^fromBoxes, image 0, box 0: the box \[0, 0, 7, 4\], which is not on its image, expected x from 0 to 6 and y from 0 to 4; clip it/,
  ],
  ["a box above the image", () => one([1, -0.5, 2, 1]), /which is not on its image/],
  [
    "an empty box",
    () => one([2, 1, 2, 3]),
    /the box \[2, 1, 2, 3\], which has no area, expected \[x0, y0, x1, y1\] with x0 < x1 and y0 < y1; the last two/,
  ],
  ["a box inside out", () => one([3, 1, 2, 3]), /which has no area/],
  ["a box that float32 makes empty", () => one([2, 1, 2 + 1e-9, 3]), /which has no area/],
  ["a box of NaN", () => one([0, nan, 2, 2]), /the box \[0, NaN, 2, 2\], expected finite numbers/],
  ["an infinite box", () => one([0, 0, infinity, 2]), /Infinity, 2\], expected finite numbers/],
  [
    "a box of three numbers",
    () => one([0, 0, 2]),
    /box 0: .*, expected \{ label, box: \[x0, y0, x1, y1\] \} of numbers/,
  ],
  ["a label that is no integer", () => one([0, 0, 1, 1], 0.5), /label 0.5, expected an integer from 0\./],
  ["a label below 0", () => one([0, 0, 1, 1], -1), /label -1, expected an integer from 0\./],
  [
    "a label out of range",
    () => fromBoxes(x, boxes, shape, { classes: ["a", "b"] }),
    /image 2, box 2: label 2, expected an integer from 0 to 1\./,
  ],
  [
    "a box that is there twice",
    () => fromBoxes(x, [...boxes.slice(0, 3), [boxes[0]![0]!, boxes[0]![0]!]], shape),
    /image 3, box 1: the box \[0, 0, 6, 4\] of class 1 twice, expected each object once/,
  ],
  [
    "more boxes than slots",
    () => fromBoxes(x, boxes, shape, { slots: 2 }),
    /^fromBoxes, image 2: 3 boxes, expected at most 2, the slots of a target; raise slots\.$/,
  ],
  [
    "boxes of too few images",
    () => fromBoxes(x, boxes.slice(1), shape),
    /boxes of 3 images for 4 images, expected an array for each/,
  ],
  [
    "no boxes",
    () => fromBoxes(x, undefined as never, shape),
    /boxes are undefined, expected an array of boxes for each image/,
  ],
  [
    "an image without an array",
    () => fromBoxes(x, [...boxes.slice(1), null as never], shape),
    /image 3: null, expected an array of \{ label, box \}; \[\] for an image without objects/,
  ],
  ["images of doubles", () => fromBoxes(Float64Array.from(x) as never, boxes, shape), /x is Float64Array/],
  [
    "NaN in an image",
    () =>
      fromBoxes(
        x.map(() => nan),
        boxes,
        shape,
      ),
    /NaN in sample 0 of x/,
  ],
  [
    "a part of an image",
    () => fromBoxes(x.subarray(1), boxes, shape),
    /95 numbers in x, expected a multiple of 24/,
  ],
  [
    "a shape of two sides",
    () => fromBoxes(x, boxes, [4, 6] as never),
    /^fromBoxes, shape: \[4,6\], expected \[height/,
  ],
  [
    "no class",
    () => fromBoxes(x, boxes, shape, { classes: 0 } as never),
    /^fromBoxes, classes: 0, expected their number, or their names; at least 1\./,
  ],
  [
    "a slot and a half",
    () => fromBoxes(x, boxes, shape, { slots: 1.5 } as never),
    /^fromBoxes, slots: 1.5, expected an integer from 1\./,
  ],
  [
    "a mirror that is a number",
    () => fromBoxes(x, boxes, shape, { mirror: 1 } as never),
    /^fromBoxes, mirror: 1, expected true or false\./,
  ],
  [
    "a test that is a word",
    () => fromBoxes(x, boxes, shape, { test: "half" } as never),
    /^fromBoxes, test: "half", expected images \{ x, boxes \}, or a share such as 0.2\./,
  ],
  [
    "a share that leaves none",
    () => fromBoxes(x, boxes, shape, { test: 1 }),
    /^fromBoxes, test: a share of 1 of 4 samples/,
  ],
  [
    "test images of another type",
    () => fromBoxes(x, boxes, shape, { test: { x: Uint8Array.from(x), boxes } }),
    /^fromBoxes, test: x is Uint8Array, expected Float32Array, as in training\.$/,
  ],
  [
    "test images without a box",
    () => fromBoxes(x, boxes, shape, { test: { x: x.subarray(0, 48), boxes: [[], []] } }),
    /^fromBoxes, test: no box in any of its 2 images, expected at least one; mean average precision needs/,
  ],
  [
    "a box of the test images that is wrong",
    () =>
      fromBoxes(x, boxes, shape, {
        test: { x: x.subarray(0, 24), boxes: [[{ label: 5, box: [0, 0, 1, 1] }]] },
      }),
    /^fromBoxes, test, image 0, box 0: label 5, expected an integer from 0 to 2/,
  ],
] as const)
  test(`${what} is refused with a sentence`, () => assert.match(sentenceOf(make), sentence));

test("mirrored images take their boxes along: half of them, others in each epoch, none of the test", () => {
  // Column c of image n is 10 n + c, so its first pixel tells whether it was mirrored.
  const columns = Float32Array.from({ length: 4 * 24 }, (_, i) => 10 * Math.floor(i / 24) + (i % 6));
  const make = (mirror: boolean) => fromBoxes(columns, boxes, shape, { mirror, test: { x: columns, boxes } });
  const data = make(true);
  assert.equal([data.variant, make(false).variant], ["mirrored", undefined]);
  assert.is(data.content().sha256, make(false).content().sha256);
  const { train, test: evaluated } = data.batches({ batch: 4, seed: 1 });
  const plain = make(false).batches({ batch: 4, seed: 1 }).train;
  let mirrored = 0;
  const flips = Array.from({ length: 50 }, (_, step) => {
    const { x: made, target } = train.make(step);
    const before = plain.make(step).x;
    return [0, 1, 2, 3].map((n) => {
      const image = made.subarray(24 * n, 24 * (n + 1));
      const number = Math.floor((image[0] as number) / 10);
      const isMirrored = image[0] === 10 * number + 5;
      const row = isMirrored ? [5, 4, 3, 2, 1, 0] : [0, 1, 2, 3, 4, 5];
      assert.equal(
        [...image.subarray(18)],
        row.map((c) => 10 * number + c),
      );
      assert.is(Math.floor((before[24 * n] as number) / 10), number);
      const expected = (boxes[number] as readonly LabelledBox[]).map(({ label, box: [x0, y0, x1, y1] }) => ({
        label,
        box: isMirrored ? [6 - x1, y0, 6 - x0, y1] : [x0, y0, x1, y1],
      }));
      assert.equal(readBoxes(target as HostTensor, n), expected);
      if (isMirrored) mirrored++;
      return isMirrored;
    });
  });
  assert.ok(mirrored > 70 && mirrored < 130, `${mirrored} of 200`);
  assert.ok(new Set(flips.map(String)).size > 8);
  assert.equal([...evaluated.make(0).x], [...columns]);
  assert.equal([...train.make(7).x], [...train.make(7, new Float32Array(100)).x]);
});

test.run();
