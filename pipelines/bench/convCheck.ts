/**
 * @file Checks results before they are timed: Rangeflow's equal the reference to the bit, and a peer's equal Rangeflow's within its
 *   precision.
 */
import type { Engine } from "../../core/engine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { internal } from "../../core/errors.ts";
import { outputShape, weightShape } from "../../core/shape.ts";
import { sizeOf } from "../../core/tensor.ts";
import { type ConvProblem, type ConvSizes, convProblem, productNames, workOf } from "./convProblem.ts";
import { leftBehind, ran, type Work } from "./operands.ts";

type Elements = Float32Array | Int8Array;

/** Whether two results differ in any bit. */
const differs = (a: Elements, b: Elements): boolean =>
  a.length !== b.length || a.some((value, i) => !Object.is(value, b[i]));

/** Largest side of an image, and largest number of products, with which results are compared, limited by the slowest engine. */
const mostSide = 12;
const mostProducts = 2 ** 23;

/** The same convolution over one small image, which suffices to find errors and is fast on slow engines. */
export const inSmall = ({ conv, input }: ConvSizes): ConvSizes => {
  const [, height, width, channels] = input as [number, number, number, number];
  const side = Math.min(mostSide, Math.floor(Math.sqrt(mostProducts / sizeOf(weightShape(conv)))));
  const least = Math.max(side, conv.kernelHeight);
  const small = [1, Math.min(height, least), Math.min(width, least), channels];
  return { conv, input: small, output: outputShape(small, conv, conv.outChannels) };
};

/** Products of a convolution on an engine, by what they are. */
export type Works = (
  engine: Engine,
  problem: ConvProblem,
) => readonly (readonly [what: string, work: Work])[];

interface Result {
  readonly what: string;
  readonly found: Elements;
}

const resultsOn = (engine: Engine, sizes: ConvSizes, works: Works): readonly Result[] =>
  works(engine, convProblem(engine, sizes)).map(([what, work]) => ({
    what,
    found: leftBehind(ran(engine, work)).slice(),
  }));

/** @throws an internal error that names the first product whose bits differ from the reference */
export const checkAgainstReference = (name: string, sizes: ConvSizes, works: Works): void => {
  const small = inSmall(sizes);
  const expected = resultsOn(reference(), small, works);
  const wrong = resultsOn(simd({ bytes: 2 ** 26 }), small, works).find(({ found }, i) =>
    differs(found, (expected[i] as Result).found),
  );
  if (wrong) throw internal(`bench: ${name} ${wrong.what} differs from the reference`);
};

/** The three products with operands of some widths. */
export const ofWidths =
  (widths: readonly number[]): Works =>
  (engine, problem) =>
    productNames.flatMap((product) =>
      widths.map((bits) => [`${product}, ${bits} bits`, workOf(engine, problem, product, bits)] as const),
    );

/** Largest distance between two results, in codes, or relative to the largest magnitude of `ours`. */
const distance = (ours: Elements, theirs: Elements): number => {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  let farthest = 0;
  let largest = 0;
  for (let i = 0; i < ours.length; i++) {
    farthest = Math.max(farthest, Math.abs((ours[i] as number) - (theirs[i] as number)));
    largest = Math.max(largest, Math.abs(ours[i] as number));
  }
  return ours instanceof Int8Array ? farthest : farthest / largest;
};

/** Codes may differ by one, because others round their scales elsewhere. Float32 sums are added in another order. */
const tolerance = (ours: Elements): number => (ours instanceof Int8Array ? 1 : 1e-4);

/** Whether a peer has computed the same. */
export const agrees = (ours: Elements, theirs: Elements): boolean =>
  distance(ours, theirs) <= tolerance(ours);
