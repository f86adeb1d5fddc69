/**
 * @file The three products of a convolution of integers in blocks, as plain loops; the oracle of faster implementations.
 *
 *     y[n, p, q, o]    = sum over kh, kw, blocks of i of    (sum over i of x w)   * scale of x  * scale of w
 *     dx[n, h, w, i]   = sum over kh, kw, blocks of o of    (sum over o of dy w)  * scale of dy * scale of w
 *     dw[o, kh, kw, i] = sum over blocks of n, p, q of      (sum over n of dy x)  * scale of dy * scale of x
 *
 * Sums in parentheses are exact integers, rounded to float32, as every result is, from left to right. Blocks run in the order
 * of the indices, as elements do in `products.ts`.
 */
import { type BlockCodes, rowOf } from "../../blocks.ts";
import { internal } from "../../errors.ts";
import { blocksIn, type ConvProduct, type Factor, operandShape } from "../../product.ts";
import { longestRun } from "../../runs.ts";
import { elements, sides4, sizeOf } from "../../tensor.ts";

const { fround } = Math;

/** Adds the term of block `block` of row `i` of one operand and row `j` of the other to a sum. */
type AddBlock = (sum: number, i: number, j: number, block: number) => number;

const adding = (a: BlockCodes, b: BlockCodes): { readonly add: AddBlock; readonly blocks: number } => {
  const { length, blocks } = rowOf(a);
  if (rowOf(b).length !== length || a.size !== b.size) throw internal("operands in different blocks");
  const [x, y] = [elements(a.codes), elements(b.codes)];
  const add: AddBlock = (sum, i, j, block) => {
    let exact = 0;
    for (let k = block * a.size; k < Math.min((block + 1) * a.size, length); k++)
      exact += (x[i * length + k] as number) * (y[j * length + k] as number);
    const scaled = fround(fround(exact) * (a.scales[i * blocks + block] as number));
    return fround(sum + fround(scaled * (b.scales[j * blocks + block] as number)));
  };
  return { add, blocks };
};

/** Place of a tap in an image side, if there is one: of output `at` (forward), or of input `at` in the output (backward). */
type Tap = (at: number, tap: number) => number | undefined;

const within = (place: number, length: number): number | undefined =>
  Number.isInteger(place) && place >= 0 && place < length ? place : undefined;

/** Sums over taps and channels, for each position of the result. */
const overChannels = (
  product: Extract<ConvProduct, { _tag: "Forward" | "BackwardInput" }>,
  from: Factor,
  tapRow: Tap,
  tapColumn: Tap,
): Float64Array => {
  const { conv, shape, w } = product;
  const [n, toHeight, toWidth, outputs] = sides4(shape);
  const [, height, width] = operandShape(from);
  const { kernelHeight, kernelWidth } = conv;
  const { add, blocks } = adding(blocksIn(from), blocksIn(w));
  const isForward = product._tag === "Forward";
  const y = new Float64Array(sizeOf(shape));
  let at = 0;
  for (let ni = 0; ni < n; ni++)
    for (let p = 0; p < toHeight; p++)
      for (let q = 0; q < toWidth; q++)
        for (let o = 0; o < outputs; o++) {
          let sum = 0;
          for (let kh = 0; kh < kernelHeight; kh++)
            for (let kw = 0; kw < kernelWidth; kw++) {
              const [row, column] = [tapRow(p, kh), tapColumn(q, kw)];
              if (row === undefined || column === undefined) continue;
              const i = (ni * height + row) * width + column;
              const j = isForward
                ? (o * kernelHeight + kh) * kernelWidth + kw
                : (kh * kernelWidth + kw) * outputs + o;
              for (let block = 0; block < blocks; block++) sum = add(sum, i, j, block);
            }
          y[at++] = sum;
        }
  return y;
};

/** Sums over samples and positions. */
const overSamples = (product: Extract<ConvProduct, { _tag: "BackwardWeight" }>): Float64Array => {
  const { conv, shape, dy, x } = product;
  const { stride, padding } = conv;
  const [outputs, kernelHeight, kernelWidth, channels] = sides4(shape);
  const [, outHeight, outWidth] = operandShape(dy);
  const [, height, width] = operandShape(x);
  const { add, blocks } = adding(blocksIn(dy), blocksIn(x));
  const dw = new Float64Array(sizeOf(shape));
  let to = 0;
  for (let o = 0; o < outputs; o++)
    for (let kh = 0; kh < kernelHeight; kh++)
      for (let kw = 0; kw < kernelWidth; kw++)
        for (let i = 0; i < channels; i++, to++)
          for (let block = 0; block < blocks; block++)
            for (let from = 0; from < outHeight * outWidth; from += longestRun) {
              let sum = 0;
              for (let at = from; at < Math.min(from + longestRun, outHeight * outWidth); at++) {
                const row = within(Math.floor(at / outWidth) * stride + kh - padding, height);
                const column = within((at % outWidth) * stride + kw - padding, width);
                if (row === undefined || column === undefined) continue;
                sum = add(sum, at * outputs + o, (row * width + column) * channels + i, block);
              }
              dw[to] = (dw[to] as number) + sum;
            }
  return dw;
};

/** The sums of a product of two operands in blocks. */
export const blockSums = (product: ConvProduct): Float64Array => {
  const { stride, padding, groups } = product.conv;
  if (groups !== 1) throw internal("groups of channels in blocks");
  switch (product._tag) {
    case "Forward": {
      const [, height, width] = operandShape(product.x);
      const tap =
        (length: number): Tap =>
        (at, k) =>
          within(at * stride + k - padding, length);
      return overChannels(product, product.x, tap(height), tap(width));
    }
    case "BackwardInput": {
      const [, height, width] = operandShape(product.dy);
      const tap =
        (length: number): Tap =>
        (at, k) =>
          within((at + padding - k) / stride, length);
      return overChannels(product, product.dy, tap(height), tap(width));
    }
    case "BackwardWeight":
      return overSamples(product);
  }
};
