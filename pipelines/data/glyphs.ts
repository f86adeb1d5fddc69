/**
 * @file Glyphs: ten classes of drawn signs, made from a seed, so that a first run needs no download.
 *
 * Grey images of 28x28, as MNIST. Each class has a near relative (a ring and a horseshoe, a plus and a tee), and each
 * image its own slant, size, place, thickness, brightness, noise, stray strokes and erased parts. They are meant to be learned
 * well but not perfectly: LeNet-5 in float32 (PyTorch, five epochs of SGD, batch 64, momentum 0.9, learning rate falling from
 * 0.05 as a cosine) ends between 97.9 and 98.5 % over three seeds.
 *
 * Image i of a split depends on (seed, split, i) only, not on how many there are, and on no machine's sine or logarithm.
 */
import { checkBounds, countFrom } from "../../core/bounds.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { branch, type Key, key, randomBits, uniform } from "../../core/random.ts";
import { type LabelledImages, labelledImages, type Split } from "./labelledImages.ts";
import { arc, type Canvas, draw, erase, onCircle, type Point, type Stroke } from "./strokes.ts";

const side = 28;

/** Uniform in [from, to), a new draw each time. */
type Between = (from: number, to: number) => number;

/** The strokes of one sign, in a square from -1 to 1 with y down. */
type Sign = (between: Between) => readonly Stroke[];

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

const gate: Sign = (between) => {
  const width = between(0.45, 0.65);
  const [left, right] = [between(-0.3, 0.3), between(-0.3, 0.3)];
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

const slope: Sign = (between) => {
  const width = between(0.45, 0.65);
  const [left, right] = [between(-0.85, -0.6), between(0.6, 0.85)];
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

const signs: Readonly<Record<string, Sign>> = {
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

/** Turns, shears, scales and shifts the unit square onto the canvas, in pixels. */
const placement = (between: Between): ((point: Point) => Point) => {
  const [cos, sin] = onCircle(between(-0.16, 0.16));
  const shear = between(-0.25, 0.25);
  const size = between(7, 11.5);
  const [width, height] = [size * between(0.8, 1.1), size * between(0.9, 1.1)];
  const [x0, y0] = [between(11.5, 15.5), between(11.5, 15.5)];
  return ([x, y]) => {
    const u = width * (x + shear * y);
    const v = height * y;
    return [x0 + cos * u - sin * v, y0 + sin * u + cos * v];
  };
};

/** A short straight line anywhere on the canvas. */
const stray = (between: Between, length: number): Stroke => {
  const [dx, dy] = onCircle(between(0, 4));
  const [x, y] = [between(3, side - 4), between(3, side - 4)];
  return [
    [x - (dx * length) / 2, y - (dy * length) / 2],
    [x + (dx * length) / 2, y + (dy * length) / 2],
  ];
};

/** Grey values: paper that brightens towards one side, ink, and noise that is nearly normal. */
const develop = ({ ink }: Canvas, between: Between, noiseKey: Key, out: Uint8Array, at: number): void => {
  const paper = between(5, 55);
  const contrast = between(80, 200);
  const [toRight, toBottom] = [between(-0.9, 0.9), between(-0.9, 0.9)];
  const grain = between(8, 30) / 74;
  for (let i = 0; i < ink.length; i++) {
    const bits = randomBits(noiseKey, i);
    // The sum of four bytes has mean 510 and standard deviation 147.8; halved, 255 and 73.9.
    const sum = (bits & 0xff) + ((bits >>> 8) & 0xff) + ((bits >>> 16) & 0xff) + (bits >>> 24);
    const light = toRight * ((i % side) - side / 2) + toBottom * (Math.floor(i / side) - side / 2);
    const grey = paper + light + contrast * ink[i]! + grain * (sum / 2 - 255);
    out[at + i] = Math.min(Math.max(Math.floor(grey), 0), 255);
  }
};

const drawGlyph = (sign: Sign, imageKey: Key, canvas: Canvas, out: Uint8Array, at: number): void => {
  let draws = 0;
  const between: Between = (from, to) => from + (to - from) * uniform(imageKey, draws++);
  canvas.ink.fill(0);
  const place = placement(between);
  const thickness = between(1.1, 2.9);
  const wobble = (point: Point): Point => {
    const [x, y] = place(point);
    return [x + between(-0.5, 0.5), y + between(-0.5, 0.5)];
  };
  for (const stroke of sign(between)) draw(canvas, stroke.map(wobble), thickness, 1);
  for (let left = Math.floor(between(0, 2.3)); left > 0; left--)
    erase(canvas, stray(between, between(4, 12)), between(1.5, 3.5));
  for (let left = Math.floor(between(0, 3)); left > 0; left--)
    draw(canvas, stray(between, between(3, 9)), between(1, 2.2), between(0.4, 1));
  develop(canvas, between, branch(imageKey, "grain"), out, at);
};

const drawSplit = (splitKey: Key, count: number): Split => {
  const byClass = Object.values(signs);
  const images = new Uint8Array(count * side * side);
  const labels = new Uint8Array(count);
  const canvas = { side, ink: new Float32Array(side * side) };
  for (let i = 0; i < count; i++) {
    labels[i] = i % byClass.length;
    drawGlyph(byClass[labels[i]!]!, branch(splitKey, i), canvas, images, i * side * side);
  }
  return { images, labels, count };
};

/**
 * The embedded data set: image i is of class i modulo 10, so every class is equally frequent.
 *
 * @param options numbers of images (default 10,000 and 2,000) and the seed (default 1)
 * @throws `RangeflowFailure` of each that is no integer from 0
 * @example
 * const data = glyphs({ train: 100, test: 10 });
 * data.shape; // [28, 28, 1]
 * data.classes.length; // 10
 */
export const glyphs = (
  options: { readonly train?: number; readonly test?: number; readonly seed?: number } = {},
): LabelledImages => {
  const known = { train: true, test: true, seed: true } as const;
  const { train = 10_000, test = 2_000, seed = 1 } = knownOptions("glyphs", options, known);
  const bounds = { train: countFrom(0), test: countFrom(0), seed: countFrom(0) };
  checkBounds("glyphs", { train, test, seed }, bounds);
  const root = branch(key(seed), "glyphs");
  return labelledImages({
    name: "glyphs",
    classes: Object.keys(signs),
    shape: [side, side, 1],
    train: drawSplit(branch(root, "train"), train),
    test: drawSplit(branch(root, "test"), test),
  });
};
