/**
 * @file The signs of one scene: their classes, sizes and places, and the exact box of each.
 *
 * The box of a sign is the tight box of its ink when it is drawn alone: of all pixels whose centre lies within one of its strokes. Signs
 * drawn over it later do not change it.
 */
import { type Box, boxArea, intersection } from "../../core/boxes.ts";
import type { LabelledBox } from "../../core/boxTarget.ts";
import { branch, type Key } from "../../core/random.ts";
import { type Between, drawsOf, placement, signs } from "./signs.ts";
import { type Canvas, draw, type Point, type Stroke } from "./strokes.ts";

/** Side of a scene in pixels. */
export const sceneSide = 96;

/** Largest number of signs in a scene. */
export const mostSigns = 6;

/** Half the side of a sign's square, in pixels. Small signs are more frequent. */
const sizes = { from: 7, to: 24 };

/** Largest overlap of two boxes, as a share of the smaller one. */
const mostShared = 0.35;

/** Empty border in pixels, so that no sign is cut. */
const margin = 2;

/** Number of places tried for a sign before it is left out. */
const tries = 20;

/** A sign, in pixels. */
export interface Drawing {
  readonly label: number;
  readonly strokes: readonly Stroke[];
  readonly thickness: number;
}

/** A sign of a scene, with its box. */
export interface SceneSign extends Drawing, LabelledBox {}

/** An empty canvas of the size of a scene. */
export const sceneCanvas = (): Canvas => ({ side: sceneSide, ink: new Float32Array(sceneSide * sceneSide) });

/** Clears the canvas and draws one sign. */
export const drawAlone = (canvas: Canvas, { strokes, thickness }: Drawing): void => {
  canvas.ink.fill(0);
  for (const stroke of strokes) draw(canvas, stroke, thickness, 1);
};

/** Tight box of the ink on a canvas: of pixels covered by at least half, which are those whose centre lies within a stroke. */
const inkBox = ({ side, ink }: Canvas): Box => {
  let [x0, y0, x1, y1] = [side, side, 0, 0];
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      if (ink[y * side + x]! >= 0.5) {
        x0 = Math.min(x0, x);
        y0 = Math.min(y0, y);
        x1 = Math.max(x1, x + 1);
        y1 = Math.max(y1, y + 1);
      }
  return [x0, y0, x1, y1];
};

const boxOf = (canvas: Canvas, drawing: Drawing): Box => {
  drawAlone(canvas, drawing);
  return inkBox(canvas);
};

/** A sign of any class in the middle of the scene, in a square of side `2 * size`. */
const inTheMiddle = (between: Between, size: number): Drawing => {
  const label = Math.floor(between(0, Object.keys(signs).length));
  const sign = Object.values(signs)[label]!;
  const thickness = Math.max(size * between(0.14, 0.26), 1.3);
  const place = placement(between, [size, size], [(sceneSide - 1) / 2, (sceneSide + 1) / 2]);
  const wobble = 0.05 * size;
  const strokes = sign(between).map((stroke) =>
    stroke.map((point): Point => {
      const [x, y] = place(point);
      return [x + between(-wobble, wobble), y + between(-wobble, wobble)];
    }),
  );
  return { label, strokes, thickness };
};

const moved = ([x0, y0, x1, y1]: Box, dx: number, dy: number): Box => [x0 + dx, y0 + dy, x1 + dx, y1 + dy];

/** Intersection of two boxes as a share of the smaller one. */
const shared = (a: Box, b: Box): number => boxArea(intersection(a, b)) / Math.min(boxArea(a), boxArea(b));

/** The sign shifted by whole pixels to a place where its box overlaps the others little; undefined if no such place is found. */
const placed = (
  canvas: Canvas,
  between: Between,
  drawing: Drawing,
  others: readonly Box[],
): SceneSign | undefined => {
  const box = boxOf(canvas, drawing);
  const shift = (from: number, to: number): number =>
    Math.floor(between(margin - from, sceneSide - margin - to + 1));
  for (let left = tries; left > 0; left--) {
    const [dx, dy] = [shift(box[0], box[2]), shift(box[1], box[3])];
    if (others.some((other) => shared(moved(box, dx, dy), other) > mostShared)) continue;
    const strokes = drawing.strokes.map((stroke) => stroke.map(([x, y]): Point => [x + dx, y + dy]));
    const there = { ...drawing, strokes };
    return { ...there, box: boxOf(canvas, there) };
  }
  return undefined;
};

/**
 * The signs of a scene, one to six. The largest come first, so that smaller ones are drawn over them.
 *
 * @param canvas canvas to draw on; its content is lost
 */
export const sceneSigns = (sceneKey: Key, canvas: Canvas): readonly SceneSign[] => {
  const between = drawsOf(branch(sceneKey, "sizes"));
  const count = 1 + Math.floor(between(0, mostSigns));
  const halves = Array.from({ length: count }, () => {
    const share = between(0, 1);
    return sizes.from + (sizes.to - sizes.from) * share * share;
  });
  const found: SceneSign[] = [];
  for (const [n, size] of halves.sort((a, b) => b - a).entries()) {
    const draws = drawsOf(branch(branch(sceneKey, "sign"), n));
    const others = found.map(({ box }) => box);
    const sign = placed(canvas, draws, inTheMiddle(draws, size), others);
    if (sign) found.push(sign);
  }
  return found;
};
