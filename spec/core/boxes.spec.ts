import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Box, boxArea, clippedBox, intersectionOverUnion } from "../../core/boxes.ts";
import { key, randomBits } from "../../core/random.ts";

const test = suite("boxes");

const draws = key(7);

/** Corners from 0 to 15 in any order, so some boxes are empty or inside out. */
const drawn = (i: number): Box => {
  const bits = randomBits(draws, i);
  return [bits & 15, (bits >>> 4) & 15, (bits >>> 8) & 15, (bits >>> 12) & 15];
};

/** Whether the pixel at column x and row y is in a box. */
const holds = ([x0, y0, x1, y1]: Box, x: number, y: number): boolean =>
  x >= x0 && x < x1 && y >= y0 && y < y1;

const pixels = Array.from({ length: 256 }, (_, i) => [i % 16, i >> 4] as const);

const count = (isIn: (x: number, y: number) => boolean): number =>
  pixels.filter(([x, y]) => isIn(x, y)).length;

test("area and intersection over union are those of counted pixels", () => {
  let overlapping = 0;
  for (let i = 0; i < 2000; i++) {
    const [a, b] = [drawn(2 * i), drawn(2 * i + 1)];
    const [both, either] = [
      count((x, y) => holds(a, x, y) && holds(b, x, y)),
      count((x, y) => holds(a, x, y) || holds(b, x, y)),
    ];
    assert.is(
      boxArea(a),
      count((x, y) => holds(a, x, y)),
    );
    assert.is(intersectionOverUnion(a, b), both === 0 ? 0 : both / either);
    assert.is(intersectionOverUnion(b, a), intersectionOverUnion(a, b));
    if (both > 0) overlapping++;
  }
  assert.ok(overlapping > 20);
});

test("a box overlaps itself wholly, unless it is empty", () => {
  assert.is(intersectionOverUnion([0.1, 0.2, 0.7, 0.9], [0.1, 0.2, 0.7, 0.9]), 1);
  assert.is(intersectionOverUnion([3, 3, 3, 8], [3, 3, 3, 8]), 0);
});

test("boxes that are empty, inside out, not finite or too large overlap nothing", () => {
  const one: Box = [0, 0, 4, 4];
  const { POSITIVE_INFINITY: infinity } = Number;
  const odd: readonly Box[] = [
    [1, 1, 1, 3],
    [3, 3, 1, 1],
    [Number.NaN, 0, 4, 4],
    [0, 0, 4, Number.NaN],
    [-infinity, -infinity, infinity, infinity],
    [-1e200, -1e200, 1e200, 1e200],
  ];
  for (const box of odd) {
    assert.is(intersectionOverUnion(box, one), 0);
    assert.is(intersectionOverUnion(one, box), 0);
    assert.is(intersectionOverUnion(box, box), 0);
  }
});

test("a clipped box is the part on the image, and one beside it has no area", () => {
  const image = { height: 10, width: 20 };
  assert.equal(clippedBox([2, 3, 4, 5], image), [2, 3, 4, 5]);
  assert.equal(clippedBox([-2, -3, 40, 50], image), [0, 0, 20, 10]);
  assert.is(boxArea(clippedBox([25, 2, 30, 8], image)), 0);
  assert.is(boxArea(clippedBox([-9, 2, -1, 8], image)), 0);
});

test.run();
