/**
 * @file Integer convolutions and their gradients are PyTorch's, to the bit.
 *
 * `spec/golden/convolution.json` holds what PyTorch computes; where Python and PyTorch are installed, the file itself is checked too.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../core/engines/reference/engine.ts";
import type { Operand, Product, Sums } from "../../core/product.ts";
import { type ConvShape, outputShape, weightShape } from "../../core/shape.ts";
import { codes, type Shape, sizeOf } from "../../core/tensor.ts";
import { golden, goldenCodes, isPrintedByPyTorch } from "../support/golden.ts";
import { params } from "../support/tensors.ts";

interface Golden {
  readonly xShape: Shape;
  readonly conv: ConvShape;
  readonly zeroPoints: { readonly x: number; readonly w: number; readonly dy: number };
  readonly y: readonly number[];
  readonly dx: readonly number[];
  readonly dw: readonly number[];
}

const cases = golden("convolution") as readonly Golden[];

/** The codes of convolution.py. */
const operand = (shape: Shape, seed: number, zeroPoint: number): Operand => {
  const data = goldenCodes(sizeOf(shape), seed);
  return { _tag: "Codes", q: { codes: codes(data, shape), params: params([1], [zeroPoint]) } };
};

const test = suite("PyTorch computes the same");

const engine = reference();
const sums = (product: Product): readonly number[] => [...(engine.accumulate(product) as Sums).data];

for (const { conv, xShape, zeroPoints, ...expected } of cases) {
  const { kernelHeight, stride, padding, groups, inChannels, outChannels } = conv;
  const name = `${xShape.join("x")}, ${inChannels} to ${outChannels} channels, kernel ${kernelHeight}, stride ${stride}, padding ${padding}, groups ${groups}`;
  test(`output, input gradient and weight gradient of ${name}`, () => {
    const yShape = outputShape(xShape, conv, outChannels);
    const x = operand(xShape, 1, zeroPoints.x);
    const w = operand(weightShape(conv), 2, zeroPoints.w);
    const dy = operand(yShape, 3, zeroPoints.dy);
    assert.equal(sums({ _tag: "Forward", conv, shape: yShape, x, w }), expected.y);
    assert.equal(sums({ _tag: "BackwardInput", conv, shape: xShape, dy, w }), expected.dx);
    assert.equal(sums({ _tag: "BackwardWeight", conv, shape: weightShape(conv), dy, x }), expected.dw);
  });
}

isPrintedByPyTorch(test, "convolution");

test.run();
