/**
 * @file Glyphs: ten classes of drawn signs, generated from a seed, so that a first run needs no download.
 *
 * Grey images of 28x28, as in MNIST. Each class has a near relative (a ring and a horseshoe, a plus and a tee). Each image has its own
 * slant, size, place, thickness, brightness, noise, stray strokes and erased parts. They are meant to be learned well but not perfectly:
 * LeNet-5 in float32 (PyTorch, five epochs of SGD, batch 64, momentum 0.9, cosine schedule from a learning rate of 0.05) reaches 97.9 to
 * 98.5 % over three seeds.
 *
 * Image i of a split depends on (seed, split, i) only: not on the number of images, and not on a machine's sine or logarithm.
 */
import { checkBounds, countFrom } from "../../core/bounds.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { branch, type Key, key, randomBits } from "../../core/random.ts";
import { type LabelledImages, labelledImages, type Split } from "./labelledImages.ts";
import { type Between, drawsOf, placement, type Sign, signs, stray } from "./signs.ts";
import { type Canvas, draw, erase, type Point } from "./strokes.ts";

const side = 28;

/** Paper grain at pixel `i`: nearly normal, with mean 0 and standard deviation 73.9. */
const grainAt = (key: Key, i: number): number => {
  const bits = randomBits(key, i);
  // The sum of four bytes has mean 510 and standard deviation 147.8.
  const sum = (bits & 0xff) + ((bits >>> 8) & 0xff) + ((bits >>> 16) & 0xff) + (bits >>> 24);
  return sum / 2 - 255;
};

/** Grey values: paper that brightens towards one side, ink, and nearly normal noise. */
const develop = ({ ink }: Canvas, between: Between, noiseKey: Key, out: Uint8Array, at: number): void => {
  const paper = between(5, 55);
  const contrast = between(80, 200);
  const [toRight, toBottom] = [between(-0.9, 0.9), between(-0.9, 0.9)];
  const grain = between(8, 30) / 74;
  for (let i = 0; i < ink.length; i++) {
    const light = toRight * ((i % side) - side / 2) + toBottom * (Math.floor(i / side) - side / 2);
    const grey = paper + light + contrast * ink[i]! + grain * grainAt(noiseKey, i);
    out[at + i] = Math.min(Math.max(Math.floor(grey), 0), 255);
  }
};

const drawGlyph = (sign: Sign, imageKey: Key, canvas: Canvas, out: Uint8Array, at: number): void => {
  const between = drawsOf(imageKey);
  canvas.ink.fill(0);
  const place = placement(between, [7, 11.5], [11.5, 15.5]);
  const thickness = between(1.1, 2.9);
  const wobble = (point: Point): Point => {
    const [x, y] = place(point);
    return [x + between(-0.5, 0.5), y + between(-0.5, 0.5)];
  };
  for (const stroke of sign(between)) draw(canvas, stroke.map(wobble), thickness, 1);
  for (let left = Math.floor(between(0, 2.3)); left > 0; left--)
    erase(canvas, stray(between, side, between(4, 12)), between(1.5, 3.5));
  for (let left = Math.floor(between(0, 3)); left > 0; left--)
    draw(canvas, stray(between, side, between(3, 9)), between(1, 2.2), between(0.4, 1));
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
 * The embedded data set for classification: 28x28 grey images of 10 drawn signs. Image i has class i modulo 10, so all classes are
 * equally frequent.
 *
 * @param options `train` and `test`, numbers of images (default: 10,000 and 2,000), and `seed` (default: 1)
 * @throws `RangeflowFailure` for each option that is not an integer from 0
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
