/**
 * @file Scenes: coloured images of 96x96 with one to six signs of ten classes and several sizes, whose boxes are known exactly. They are
 *   generated from a seed, so that detection needs no download.
 *
 * The signs are those of `glyphs`. They may overlap a little, smaller ones over larger ones, among stray lines on grainy paper. Colours
 * are random and carry no class information; they separate overlapping signs. Left and right matter for some signs, so do not mirror
 * these images.
 *
 * Image i of a split depends on (seed, split, i) only: not on the number of images, and not on a machine's sine or logarithm.
 */
import { checkBounds, countFrom } from "../../core/bounds.ts";
import type { LabelledBox } from "../../core/boxTarget.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { branch, fillRoundingNoise, type Key, key } from "../../core/random.ts";
import type { Dataset } from "./dataset.ts";
import { type BoxedImages, fromBoxes } from "./fromBoxes.ts";
import { drawAlone, mostSigns, sceneCanvas, sceneSide, sceneSigns } from "./sceneSigns.ts";
import { type Between, drawsOf, signs, stray } from "./signs.ts";
import { type Canvas, draw } from "./strokes.ts";

const channels = 3;

type Colour = readonly [red: number, green: number, blue: number];

/** A bright colour: one channel is strong, the others are not dark. */
const inkColour = (between: Between): Colour => {
  const strongest = Math.floor(between(0, channels));
  const channel = (c: number): number => (c === strongest ? between(200, 255) : between(60, 235));
  return [channel(0), channel(1), channel(2)];
};

/** Writes dark paper that brightens towards one side, with uniform grain that is equal in all channels. */
const writePaper = (between: Between, grainKey: Key, noise: Float32Array, image: Uint8ClampedArray): void => {
  const colour = [between(10, 60), between(10, 60), between(10, 60)];
  const [toRight, toBottom] = [between(-0.25, 0.25), between(-0.25, 0.25)];
  const grain = between(14, 56);
  fillRoundingNoise(grainKey, noise);
  for (let pixel = 0; pixel < sceneSide * sceneSide; pixel++) {
    const [right, down] = [
      (pixel % sceneSide) - sceneSide / 2,
      Math.floor(pixel / sceneSide) - sceneSide / 2,
    ];
    const light = toRight * right + toBottom * down + grain * noise[pixel]!;
    for (let c = 0; c < channels; c++) image[pixel * channels + c] = colour[c]! + light;
  }
};

/** Blends one colour over an image, weighted by the ink. */
const cover = (image: Uint8ClampedArray, { ink }: Canvas, colour: Colour): void => {
  for (let pixel = 0; pixel < ink.length; pixel++) {
    const strength = ink[pixel]!;
    if (strength === 0) continue;
    for (let c = 0; c < channels; c++) {
      const at = pixel * channels + c;
      image[at] = image[at]! + strength * (colour[c]! - image[at]!);
    }
  }
};

/** Draws the scene of a key and returns its signs. The clamped array rounds bytes half to even. */
const drawScene = (sceneKey: Key, canvas: Canvas, image: Uint8ClampedArray): readonly LabelledBox[] => {
  const between = drawsOf(sceneKey);
  writePaper(between, branch(sceneKey, "grain"), canvas.ink, image);
  canvas.ink.fill(0);
  for (let left = Math.floor(between(0, 4)); left > 0; left--)
    draw(canvas, stray(between, sceneSide, between(5, 16)), between(1, 2.2), between(0.4, 0.9));
  cover(image, canvas, inkColour(between));
  const found = sceneSigns(sceneKey, canvas);
  for (const sign of found) {
    drawAlone(canvas, sign);
    cover(image, canvas, inkColour(between));
  }
  return found.map(({ label, box }) => ({ label, box }));
};

const drawSplit = (splitKey: Key, count: number): BoxedImages => {
  const size = sceneSide * sceneSide * channels;
  const x = new Uint8Array(count * size);
  const canvas = sceneCanvas();
  const boxes = Array.from({ length: count }, (_, i) =>
    drawScene(branch(splitKey, i), canvas, new Uint8ClampedArray(x.buffer, i * size, size)),
  );
  return { x, boxes };
};

/**
 * The embedded data set for detection: 96x96 colour images with one to six signs of ten classes, each with its tight box.
 *
 * @param options `train` and `test`, numbers of images (default: 4,000 and 1,000, about 140 MB), and `seed` (default: 1)
 * @throws `RangeflowFailure` for each option that is not an integer from 0, or from 1 for training images
 * @example
 * import { scenes } from "rangeflow";
 *
 * const data = scenes({ train: 20, test: 5 });
 * data.shape; // [96, 96, 3]
 * data.targetShape; // [1, 6, 5]
 */
export const scenes = (
  options: { readonly train?: number; readonly test?: number; readonly seed?: number } = {},
): Dataset => {
  const known = { train: true, test: true, seed: true } as const;
  const { train = 4_000, test = 1_000, seed = 1 } = knownOptions("scenes", options, known);
  const bounds = { train: countFrom(1), test: countFrom(0), seed: countFrom(0) };
  checkBounds("scenes", { train, test, seed }, bounds);
  const root = branch(key(seed), "scenes");
  const { x, boxes } = drawSplit(branch(root, "train"), train);
  return fromBoxes(x, boxes, [sceneSide, sceneSide, channels], {
    name: "scenes",
    classes: Object.keys(signs),
    slots: mostSigns,
    ...(test > 0 && { test: drawSplit(branch(root, "test"), test) }),
  });
};
