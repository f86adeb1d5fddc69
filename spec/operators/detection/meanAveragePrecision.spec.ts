/** @file The mean average precision against `pycocotools` on random boxes, `spec/golden/meanAveragePrecision.json`, and by arithmetic. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Box } from "../../../core/boxes.ts";
import type { Detection } from "../../../operators/detection/decodeCenters.ts";
import {
  type DetectedImage,
  meanAveragePrecision,
} from "../../../operators/detection/meanAveragePrecision.ts";
import { close } from "../../support/close.ts";
import { golden, goldenCodes, isPrintedBy } from "../../support/golden.ts";

interface Golden {
  readonly seed: number;
  readonly mostFound: number;
  readonly truth: number;
  readonly found: number;
  readonly mAP: number;
  readonly mAP50: number;
}

const test = suite("meanAveragePrecision");

/** The images of `random_set` in the script. */
const randomSet = ({ seed, mostFound }: Golden): readonly DetectedImage[] => {
  const codes = goldenCodes(50_000, seed);
  let at = 0;
  const draw = (): number => (codes[at++] as number) + 128;
  const box = (): Box => {
    const [x, y] = [draw() / 4, draw() / 4];
    const width = 1 + (draw() % 64) / 2;
    return [x, y, x + width, y + 1 + (draw() % 64) / 2];
  };
  const classes = 1 + (draw() % 5);
  return Array.from({ length: 1 + (draw() % 12) }, () => {
    const truth: { label: number; box: Box }[] = [];
    const found: Detection[] = [];
    for (let left = draw() % 7; left > 0; left--) {
      const label = draw() % classes;
      const one = box();
      truth.push({ label, box: one });
      if (draw() % 4 === 0) continue;
      const other = draw() % 8 === 0 ? draw() % classes : label;
      const dx = ((draw() % 17) - 8) / 4;
      const dy = ((draw() % 17) - 8) / 4;
      const [x0, y0, x1, y1] = one;
      found.push({ label: other, box: [x0 + dx, y0 + dy, x1 + dx, y1 + dy], score: (draw() % 32) / 32 });
    }
    for (let left = draw() % mostFound; left > 0; left--) {
      const label = draw() % (classes + 1);
      const one = box();
      found.push({ label, box: one, score: (draw() % 16) / 32 });
    }
    return { truth, found };
  });
};

const cases = golden("meanAveragePrecision") as readonly Golden[];

test(`is that of pycocotools on ${cases.length} random sets, to 1e-6`, () => {
  for (const one of cases) {
    const images = randomSet(one);
    assert.is(images.flatMap(({ truth }) => truth).length, one.truth, `boxes of ${one.seed}`);
    assert.is(images.flatMap(({ found }) => found).length, one.found, `detections of ${one.seed}`);
    close(meanAveragePrecision(images), one.mAP, 1e-6, `mAP of ${one.seed}`);
    close(meanAveragePrecision(images, [0.5]), one.mAP50, 1e-6, `mAP at 0.5 of ${one.seed}`);
  }
});

test("some of the random sets have more than 100 detections of a class in an image", () => {
  const most = cases.flatMap(randomSet).map(({ found }) => found.filter(({ label }) => label === 0).length);
  assert.ok(Math.max(...most) > 100, `${Math.max(...most)}`);
});

const at = (x: number, label = 0): { readonly label: number; readonly box: Box } => ({
  label,
  box: [x, 0, x + 10, 10],
});

test("one of two boxes found gives precision 1 up to a recall of a half: 51 of 101 points", () => {
  const images = [{ truth: [at(0), at(50)], found: [{ ...at(0), score: 0.9 }] }];
  close(meanAveragePrecision(images), 51 / 101, 1e-12);
});

test("a box counts once: who finds it again, less surely, has found nothing", () => {
  const images = [
    {
      truth: [at(0), at(50)],
      found: [0.9, 0.8, 0.7].map((score, i) => ({ ...at(i === 2 ? 50 : 0), score })),
    },
  ];
  close(meanAveragePrecision(images, [0.5]), (51 + 50 * (2 / 3)) / 101, 1e-12);
});

test("an overlap of 2/3 counts at 0.5 to 0.65, at four of ten", () => {
  const images = [{ truth: [at(0)], found: [{ ...at(2), score: 1 }] }];
  close(meanAveragePrecision(images), 0.4, 1e-12);
});

test("images without boxes count by what is found in them, classes that are nowhere do not", () => {
  const right = { truth: [at(0)], found: [{ ...at(0), score: 0.5 }] };
  const wrong = { truth: [], found: [{ ...at(0), score: 0.9 }] };
  const absent = { truth: [], found: [{ ...at(0, 3), score: 0.9 }] };
  assert.is(meanAveragePrecision([right, absent]), 1);
  assert.is(meanAveragePrecision([right, wrong]), 0.5);
  assert.is(meanAveragePrecision([right, { truth: [], found: [] }]), 1);
});

test("boxes of which none is found have 0, and no boxes at all have none", () => {
  assert.is(meanAveragePrecision([{ truth: [at(0)], found: [] }]), 0);
  assert.ok(Number.isNaN(meanAveragePrecision([{ truth: [], found: [{ ...at(0), score: 1 }] }])));
  assert.ok(Number.isNaN(meanAveragePrecision([])));
});

isPrintedBy(test, "meanAveragePrecision", {
  title: "pycocotools",
  module: "pycocotools",
  install: "pycocotools==2.0.11",
});

test.run();
