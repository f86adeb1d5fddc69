/**
 * @file The three products of a convolution, and matrix products, as plain loops; the oracle of all faster implementations.
 *
 *     y[n, p, q, o]    = sum over kh, kw, i of   x[n, p s + kh - pad, q s + kw - pad, i] * w[o, kh, kw, i]
 *     dx[n, h, w, i]   = sum over kh, kw, o of   dy[n, (h + pad - kh) / s, (w + pad - kw) / s, o] * w[o, kh, kw, i]
 *     dw[o, kh, kw, i] = sum over n, p, q of     dy[n, p, q, o] * x[n, p s + kh - pad, q s + kw - pad, i]
 *     a b              = sum over s of           a[n, p, g, s] * b[n, s, g, k]         (of group g; or one of them transposed)
 *
 * Indices outside of an image, or between two of its rows, are skipped. Sums run in the order of the indices as written; those of
 * float32 weight gradients in runs of positions (p, q), see `core/runs.ts`, padding counted.
 */
import { internal } from "../../errors.ts";
import {
  type ConvProduct,
  type Factor,
  isInBlocks,
  isInteger,
  type MatMul,
  matrixSides,
  operandShape,
  operandsOf,
  type Product,
} from "../../product.ts";
import { longestRun } from "../../runs.ts";
import type { ConvShape } from "../../shape.ts";
import { elements, inMemory, type Shape4, sides4, sizeOf } from "../../tensor.ts";
import { blockSums } from "./blockProducts.ts";

/** sum + a * b, exact for integers, rounded twice for float32. A single function: V8 would not inline a choice of two. */
const multiplyAdd = (isExact: boolean, sum: number, a: number, b: number): number =>
  isExact ? sum + a * b : Math.fround(sum + Math.fround(a * b));

/** The factors: floats, or code - zeroPoint. A zero point per channel applies to the first side. */
const factors = (operand: Factor): Float64Array => {
  if (operand._tag === "Dense") return Float64Array.from(elements(inMemory(operand.x)));
  if (operand._tag === "Blocks") throw internal("integers in blocks among the factors of other products");
  const { codes, params } = operand.q;
  const perChannel = sizeOf(codes.shape) / params.zeroPoint.length;
  return Float64Array.from(
    elements(inMemory(codes)),
    (code, i) => code - (params.zeroPoint[Math.floor(i / perChannel)] as number),
  );
};

type Index = (a: number, b: number, c: number, d: number) => number;

const indexOf =
  ([, h, w, c]: Shape4): Index =>
  (n, y, x, k) =>
    ((n * h + y) * w + x) * c + k;

interface Loops {
  readonly conv: ConvShape;
  readonly isExact: boolean;
  readonly shape: Shape4;
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly aShape: Shape4;
  readonly bShape: Shape4;
}

const forward = ({ conv, isExact, shape, a: x, b: w, aShape, bShape }: Loops): Float64Array => {
  const { stride, padding, kernelHeight, kernelWidth } = conv;
  const [n, outHeight, outWidth, o] = shape;
  const [, height, width] = aShape;
  const perGroup = conv.inChannels / conv.groups;
  const outPerGroup = conv.outChannels / conv.groups;
  const [yAt, xAt, wAt] = [indexOf(shape), indexOf(aShape), indexOf(bShape)];
  const y = new Float64Array(sizeOf(shape));
  for (let ni = 0; ni < n; ni++)
    for (let p = 0; p < outHeight; p++)
      for (let q = 0; q < outWidth; q++)
        for (let oi = 0; oi < o; oi++) {
          const firstChannel = Math.floor(oi / outPerGroup) * perGroup;
          let sum = 0;
          for (let kh = 0; kh < kernelHeight; kh++) {
            const row = p * stride + kh - padding;
            if (row < 0 || row >= height) continue;
            for (let kw = 0; kw < kernelWidth; kw++) {
              const column = q * stride + kw - padding;
              if (column < 0 || column >= width) continue;
              const xFrom = xAt(ni, row, column, firstChannel);
              const wFrom = wAt(oi, kh, kw, 0);
              for (let i = 0; i < perGroup; i++)
                sum = multiplyAdd(isExact, sum, x[xFrom + i] as number, w[wFrom + i] as number);
            }
          }
          y[yAt(ni, p, q, oi)] = sum;
        }
  return y;
};

const backwardInput = ({ conv, isExact, shape, a: dy, b: w, aShape, bShape }: Loops): Float64Array => {
  const { stride, padding, kernelHeight, kernelWidth } = conv;
  const [n, height, width, channels] = shape;
  const [, outHeight, outWidth] = aShape;
  const perGroup = conv.inChannels / conv.groups;
  const outPerGroup = conv.outChannels / conv.groups;
  const [dxAt, dyAt, wAt] = [indexOf(shape), indexOf(aShape), indexOf(bShape)];
  const filter = wAt(1, 0, 0, 0);
  const dx = new Float64Array(sizeOf(shape));
  for (let ni = 0; ni < n; ni++)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++)
        for (let i = 0; i < channels; i++) {
          const firstOutput = Math.floor(i / perGroup) * outPerGroup;
          let sum = 0;
          for (let kh = 0; kh < kernelHeight; kh++) {
            const p = (row + padding - kh) / stride;
            if (!Number.isInteger(p) || p < 0 || p >= outHeight) continue;
            for (let kw = 0; kw < kernelWidth; kw++) {
              const q = (column + padding - kw) / stride;
              if (!Number.isInteger(q) || q < 0 || q >= outWidth) continue;
              const dyFrom = dyAt(ni, p, q, 0);
              const wFrom = wAt(0, kh, kw, i % perGroup);
              for (let oi = firstOutput; oi < firstOutput + outPerGroup; oi++)
                sum = multiplyAdd(isExact, sum, dy[dyFrom + oi] as number, w[wFrom + oi * filter] as number);
            }
          }
          dx[dxAt(ni, row, column, i)] = sum;
        }
  return dx;
};

const backwardWeight = ({ conv, isExact, shape, a: dy, b: x, aShape, bShape }: Loops): Float64Array => {
  const { stride, padding } = conv;
  const [o, kernelHeight, kernelWidth, perGroup] = shape;
  const [n, outHeight, outWidth] = aShape;
  const [, height, width] = bShape;
  const outPerGroup = conv.outChannels / conv.groups;
  const [dwAt, dyAt, xAt] = [indexOf(shape), indexOf(aShape), indexOf(bShape)];
  const dw = new Float64Array(sizeOf(shape));
  for (let oi = 0; oi < o; oi++)
    for (let kh = 0; kh < kernelHeight; kh++)
      for (let kw = 0; kw < kernelWidth; kw++)
        for (let i = 0; i < perGroup; i++) {
          const channel = Math.floor(oi / outPerGroup) * perGroup + i;
          let total = 0;
          for (let ni = 0; ni < n; ni++) {
            const dyFrom = dyAt(ni, 0, 0, oi);
            for (let from = 0; from < outHeight * outWidth; from += longestRun) {
              const end = Math.min(from + longestRun, outHeight * outWidth);
              let sum = 0;
              for (let at = from, p = Math.floor(from / outWidth), q = from % outWidth; at < end; at++) {
                const row = p * stride + kh - padding;
                const column = q * stride + kw - padding;
                if (row >= 0 && row < height && column >= 0 && column < width)
                  sum = multiplyAdd(
                    isExact,
                    sum,
                    dy[dyFrom + at * o] as number,
                    x[xAt(ni, row, column, channel)] as number,
                  );
                q++;
                if (q < outWidth) continue;
                q = 0;
                p++;
              }
              total += sum;
            }
          }
          dw[dwAt(oi, kh, kw, i)] = total;
        }
  return dw;
};

/** Sums of `terms` products in runs; `multiplied` adds product `at` to a sum. */
const inRuns = (terms: number, multiplied: (sum: number, at: number) => number): number => {
  let total = 0;
  for (let from = 0; from < terms; from += longestRun) {
    let sum = 0;
    for (let at = from; at < Math.min(from + longestRun, terms); at++) sum = multiplied(sum, at);
    total += sum;
  }
  return total;
};

const matrixProduct = (product: MatMul): Float64Array => {
  const { transposed, groups, shape } = product;
  const { rows, terms, outputs } = matrixSides(product);
  const isExact = isInteger(product);
  const [a, b] = [factors(product.a), factors(product.b)];
  const [samples] = sides4(shape);
  const y = new Float64Array(sizeOf(shape));
  /** Index of a channel of a row, in matrices with `height` rows and `width` channels per group. */
  const index = (height: number, width: number) => (n: number, row: number, g: number, channel: number) =>
    ((n * height + row) * groups + g) * width + channel;
  const aAt = transposed === "a" ? index(terms, rows) : index(rows, terms);
  const bAt = transposed === "b" ? index(outputs, terms) : index(terms, outputs);
  const yAt = index(rows, outputs);
  for (let n = 0; n < samples; n++)
    for (let g = 0; g < groups; g++)
      for (let row = 0; row < rows; row++)
        for (let output = 0; output < outputs; output++) {
          const multiplied = (sum: number, at: number): number => {
            const left = a[transposed === "a" ? aAt(n, at, g, row) : aAt(n, row, g, at)] as number;
            const right = b[transposed === "b" ? bAt(n, output, g, at) : bAt(n, at, g, output)] as number;
            return multiplyAdd(isExact, sum, left, right);
          };
          let sum = 0;
          if (transposed === "a") sum = inRuns(terms, multiplied);
          else for (let at = 0; at < terms; at++) sum = multiplied(sum, at);
          y[yAt(n, row, g, output)] = sum;
        }
  return y;
};

const convolved = (product: ConvProduct): Float64Array => {
  if (isInBlocks(product)) return blockSums(product);
  const [a, b] = operandsOf(product);
  const loops: Loops = {
    conv: product.conv,
    isExact: isInteger(product),
    shape: sides4(product.shape),
    a: factors(a),
    b: factors(b),
    aShape: operandShape(a),
    bShape: operandShape(b),
  };
  switch (product._tag) {
    case "Forward":
      return forward(loops);
    case "BackwardInput":
      return backwardInput(loops);
    case "BackwardWeight":
      return backwardWeight(loops);
  }
};

/** The sums of a product in float64: exact for integers, with float32 rounding for dense operands. */
export const sums = (product: Product): Float64Array =>
  product._tag === "MatMul" ? matrixProduct(product) : convolved(product);
