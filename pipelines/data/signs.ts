/**
 * @file Ten signs made of strokes, each with a near relative: a ring and a horseshoe, a plus and a tee. The embedded data sets use them.
 *
 * Each drawn sign has its own proportions, and is slightly rotated and sheared.
 */
import { type Key, uniform } from "../../core/random.ts";
import { arc, onCircle, type Point, type Stroke } from "./strokes.ts";

/** Uniform in [from, to), a new draw at each call. */
export type Between = (from: number, to: number) => number;

/** Draws from a key, starting with its first. */
export const drawsOf = (key: Key): Between => {
  let draws = 0;
  return (from, to) => from + (to - from) * uniform(key, draws++);
};

/** Strokes of one sign, in a square from -1 to 1 with y down. */
export type Sign = (between: Between) => readonly Stroke[];

const ring: Sign = (between) => {
  const from = between(0, 4);
  return [arc([0, 0], [between(0.6, 0.85), 0.85], from, from + 4, 16)];
};

const horseshoe: Sign = (between) => {
  const gap = between(0.7, 1.4);
  const middle = between(0.6, 1.4);
  return [arc([0, 0], [between(0.6, 0.85), 0.85], middle + gap / 2, middle + 4 - gap / 2, 14)];
};

const plus: Sign = (between) => {
  const bar = between(-0.45, 0.15);
  return [
    [
      [0, -0.85],
      [0, 0.85],
    ],
    [
      [-0.7, bar],
      [0.7, bar],
    ],
  ];
};

const tee: Sign = (between) => {
  const bar = between(-0.85, -0.75);
  return [
    [
      [0, bar],
      [0, 0.85],
    ],
    [
      [-0.7, bar],
      [0.7, bar],
    ],
  ];
};

const wave: Sign = (between) => {
  const width = between(0.4, 0.6);
  return [[...arc([0, -0.42], [width, 0.42], 3.6, 1, 8), ...arc([0, 0.42], [width, 0.42], 3, 5.6, 8)]];
};

const bolt: Sign = (between) => {
  const width = between(0.4, 0.6);
  const bend = between(0.1, 0.35);
  return [
    [
      [width, -0.85],
      [-width, -bend],
      [width, bend],
      [-width, 0.85],
    ],
  ];
};

const fork: Sign = (between) => {
  const knot = between(-0.2, 0.2);
  const width = between(0.5, 0.7);
  return [
    [
      [0, 0.85],
      [0, knot],
    ],
    [
      [-width, -0.85],
      [0, knot],
      [width, -0.85],
    ],
  ];
};

const arrow: Sign = (between) => {
  const barb = between(-0.4, 0);
  const width = between(0.45, 0.65);
  return [
    [
      [0, 0.85],
      [0, -0.85],
    ],
    [
      [-width, barb],
      [0, -0.85],
      [width, barb],
    ],
  ];
};

/** Two posts joined by a bar, from a height on the left post to a height on the right one. */
const posts =
  (bar: (between: Between) => readonly [left: number, right: number]): Sign =>
  (between) => {
    const width = between(0.45, 0.65);
    const [left, right] = bar(between);
    return [
      [
        [-width, -0.85],
        [-width, 0.85],
      ],
      [
        [width, -0.85],
        [width, 0.85],
      ],
      [
        [-width, left],
        [width, right],
      ],
    ];
  };

const gate = posts((between) => [between(-0.3, 0.3), between(-0.3, 0.3)]);
const slope = posts((between) => [between(-0.85, -0.6), between(0.6, 0.85)]);

/** The ten signs by class name. */
export const signs: Readonly<Record<string, Sign>> = {
  ring,
  horseshoe,
  plus,
  tee,
  wave,
  bolt,
  fork,
  arrow,
  gate,
  slope,
};

/**
 * A random map from a sign's square to the pixels of a canvas: slight rotation and shear, scale and shift.
 *
 * @param sizes bounds of half its side, in pixels
 * @param middles bounds of both coordinates of its centre, in pixels
 */
export const placement = (
  between: Between,
  sizes: readonly [from: number, to: number],
  middles: readonly [from: number, to: number],
): ((point: Point) => Point) => {
  const [cos, sin] = onCircle(between(-0.16, 0.16));
  const shear = between(-0.25, 0.25);
  const size = between(...sizes);
  const [width, height] = [size * between(0.8, 1.1), size * between(0.9, 1.1)];
  const [x0, y0] = [between(...middles), between(...middles)];
  return ([x, y]) => {
    const u = width * (x + shear * y);
    const v = height * y;
    return [x0 + cos * u - sin * v, y0 + sin * u + cos * v];
  };
};

/** A short straight line at a random place of a canvas with this side. It belongs to no sign. */
export const stray = (between: Between, side: number, length: number): Stroke => {
  const [dx, dy] = onCircle(between(0, 4));
  const [x, y] = [between(3, side - 4), between(3, side - 4)];
  return [
    [x - (dx * length) / 2, y - (dy * length) / 2],
    [x + (dx * length) / 2, y + (dy * length) / 2],
  ];
};
