/** @file Scenes: the same bytes from the same seed, boxes that are exactly those of the ink, and scenes that are neither empty nor a heap. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Box, boxArea, intersection } from "../../../core/boxes.ts";
import { type LabelledBox, readBoxes } from "../../../core/boxTarget.ts";
import { branch, key } from "../../../core/random.ts";
import type { HostTensor } from "../../../core/tensor.ts";
import type { Dataset } from "../../../pipelines/data/dataset.ts";
import { type SceneSign, sceneCanvas, sceneSigns } from "../../../pipelines/data/sceneSigns.ts";
import { scenes } from "../../../pipelines/data/scenes.ts";
import type { Point } from "../../../pipelines/data/strokes.ts";
import { sentenceOf } from "../files/scratch.ts";

const test = suite("scenes");

const side = 96;

interface Shown {
  readonly x: Float32Array;
  readonly boxes: readonly LabelledBox[];
}

/** Pixels and boxes of each test image of a data set, as a network is shown them. */
const testOf = (data: Dataset): readonly Shown[] => {
  const { test } = data.batches({ batch: 1, seed: 1 });
  return Array.from({ length: test.perEpoch }, (_, n) => {
    const { x, target } = test.make(n);
    return { x, boxes: readBoxes(target as HostTensor, 0) };
  });
};

const trainKey = branch(branch(key(1), "scenes"), "train");

const canvas = sceneCanvas();
const scene = (i: number): readonly SceneSign[] => sceneSigns(branch(trainKey, i), canvas);
const several: readonly (readonly SceneSign[])[] = Array.from({ length: 400 }, (_, i) => scene(i));
const all = several.flat();

const distance = (x: number, y: number, [ax, ay]: Point, [bx, by]: Point): number => {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0), 1);
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
};

/** The tight box of all pixels of the image whose centre lies within a stroke, pixel by pixel. */
const tightBox = ({ strokes, thickness }: SceneSign): Box => {
  const lines = strokes.flatMap((stroke) =>
    stroke.slice(1).map((b, i): readonly [Point, Point] => [stroke[i]!, b]),
  );
  const inked = Array.from(
    { length: side * side },
    (_, i) => [i % side, Math.floor(i / side)] as const,
  ).filter(([x, y]) => lines.some(([a, b]) => distance(x, y, a, b) <= thickness / 2));
  const [xs, ys] = [inked.map(([x]) => x), inked.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
};

test("a data set of detection: coloured images of 96x96, ten classes, six slots", () => {
  const data = scenes({ train: 4, test: 2 });
  assert.equal([data.name, data.shape, data.targetShape], ["scenes", [96, 96, 3], [1, 6, 5]]);
  assert.equal([data.classes.length, data.classes[0], data.classes[8]], [10, "ring", "gate"]);
  const { x, target, shape } = data.batches({ batch: 3, seed: 1 }).train.make(0);
  assert.equal(
    [x.length, shape, (target as HostTensor).shape],
    [3 * 96 * 96 * 3, [3, 96, 96, 3], [3, 1, 6, 5]],
  );
  assert.equal({ ...data.content(), sha256: "" }, { sha256: "", train: 4, test: 2 });
});

test("an image does not depend on how many there are", () => {
  const [few, many] = [testOf(scenes({ train: 2, test: 3 })), testOf(scenes({ train: 2, test: 5 }))];
  assert.equal(few, many.slice(0, 3));
});

test("seeds and splits differ, and the same seed is the same data", () => {
  const sha = (seed: number) => scenes({ train: 3, test: 3, seed }).content().sha256;
  assert.is(sha(1), sha(1));
  assert.not.equal(sha(1), sha(2));
  const data = scenes({ train: 3, test: 3 });
  const trained = readBoxes(data.batches({ batch: 3, seed: 1 }).train.make(0).target as HostTensor, 0);
  assert.not(testOf(data).some(({ boxes }) => JSON.stringify(boxes) === JSON.stringify(trained)));
});

test("the data of seed 1 are those of the first release", () => {
  // Golden: content of the first 20 and 5 images, made by this very program on x86-64 with Node 20. No library function that machines
  // round differently takes part, so another hash means that the data set has changed, and the change log must say so.
  assert.is(
    scenes({ train: 20, test: 5 }).content().sha256,
    "d5097b411072630c560494a4860f8e24d4da7f7ad897476ad1d85c5f854f5747",
  );
});

test("a box is the tight box of the pixels that the sign alone inks, and that a target holds", () => {
  for (const sign of all.slice(0, 60)) assert.equal(sign.box, tightBox(sign));
  const data = scenes({ train: 12, test: 0 });
  const { train } = data.batches({ batch: 12, seed: 1 });
  const target = train.make(0).target as HostTensor;
  const found = Array.from({ length: 12 }, (_, n) => JSON.stringify(readBoxes(target, n)));
  const expected = several
    .slice(0, 12)
    .map((signs) => JSON.stringify(signs.map(({ label, box }) => ({ label, box }))));
  assert.equal(found.toSorted(), expected.toSorted());
});

test("ink is where the boxes are: outside of all of them is paper, but for a few stray lines", () => {
  const shown = testOf(scenes({ train: 1, test: 20 }));
  const [inside, outside] = [
    { bright: 0, all: 0 },
    { bright: 0, all: 0 },
  ];
  for (const { x, boxes } of shown) {
    const light = Array.from({ length: side * side }, (_, i) => Math.max(...x.subarray(3 * i, 3 * i + 3)));
    const paper = light.toSorted((a, b) => a - b)[(side * side) >> 1]!;
    for (const [pixel, value] of light.entries()) {
      const [column, row] = [pixel % side, Math.floor(pixel / side)];
      const isInside = boxes.some(
        ({ box: [x0, y0, x1, y1] }) => column >= x0 && column < x1 && row >= y0 && row < y1,
      );
      const place = isInside ? inside : outside;
      place.all++;
      if (value > paper + 2) place.bright++;
    }
  }
  assert.ok(inside.bright / inside.all > 0.2, `${inside.bright} of ${inside.all}`);
  assert.ok(outside.bright / outside.all < 0.02, `${outside.bright} of ${outside.all}`);
});

test("scenes have one to six signs, each number about as often; every class is about as frequent", () => {
  const counts = Array.from({ length: 8 }, (_, n) => several.filter(({ length }) => length === n).length);
  assert.equal([counts[0], counts[7]], [0, 0]);
  // Of 400 scenes a sixth is 67, with a standard deviation of 7.5; a few signs find no place.
  for (const count of counts.slice(1, 7)) assert.ok(count > 40 && count < 95, counts.join(" "));
  for (let label = 0; label < 10; label++) {
    const share = all.filter((sign) => sign.label === label).length / all.length;
    assert.ok(share > 0.07 && share < 0.13, `${share} of class ${label}`);
  }
});

test("signs are whole, of several sizes, the larger ones first", () => {
  const sides = all.map(({ box }) => Math.sqrt(boxArea(box))).sort((a, b) => a - b);
  const quantile = (share: number): number => sides[Math.floor(share * (sides.length - 1))]!;
  assert.ok(
    quantile(0) > 7 && quantile(0.25) < 16 && quantile(0.75) > 24 && quantile(1) < 50,
    sides.join(" "),
  );
  for (const { box } of all) assert.ok(Math.min(...box) >= 2 && Math.max(...box) <= side - 2, `${box}`);
});

test("signs overlap now and then, and none by more than 0.35 of the smaller box", () => {
  let overlapping = 0;
  let pairs = 0;
  for (const signs of several)
    for (const [i, a] of signs.entries())
      for (const b of signs.slice(0, i)) {
        const common = boxArea(intersection(a.box, b.box));
        assert.ok(common <= 0.35 * Math.min(boxArea(a.box), boxArea(b.box)));
        pairs++;
        if (common > 0) overlapping++;
      }
  assert.ok(overlapping / pairs > 0.08 && overlapping / pairs < 0.3, `${overlapping} of ${pairs}`);
});

test("numbers that are no counts are refused", () => {
  assert.is(
    sentenceOf(() => scenes({ train: 0 })),
    "scenes, train: 0, expected an integer from 1.",
  );
  assert.is(
    sentenceOf(() => scenes({ test: -1 })),
    "scenes, test: -1, expected an integer from 0.",
  );
  assert.match(
    sentenceOf(() => scenes({ sed: 1 } as never)),
    /an unknown option sed, expected seed/,
  );
});

test.run();
