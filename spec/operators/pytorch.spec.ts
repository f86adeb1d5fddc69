/**
 * @file Integer convolutions and their gradients are PyTorch's, to the bit.
 *
 * `spec/golden/convolution.json` holds what PyTorch computes; where Python and PyTorch are installed, the file itself is checked too.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../core/kernels/reference/engine.ts";
import type { Operand, Product, Sums } from "../../core/pass.ts";
import { type ConvShape, slid, weightShape } from "../../core/shape.ts";
import { codes, type Shape, sizeOf } from "../../core/tensor.ts";
import { params } from "../support/tensors.ts";

interface Golden {
  readonly xShape: Shape;
  readonly conv: ConvShape;
  readonly zeroPoints: { readonly x: number; readonly w: number; readonly dy: number };
  readonly y: readonly number[];
  readonly dx: readonly number[];
  readonly dw: readonly number[];
}

const path = "spec/golden/convolution";
const text = readFileSync(`${path}.json`, "utf8");
const cases: readonly Golden[] = JSON.parse(text);

/** The codes of convolution.py. */
const operand = (shape: Shape, seed: number, zeroPoint: number): Operand => {
  let state = seed;
  const data = Int8Array.from({ length: sizeOf(shape) }, () => {
    state = Number((BigInt(state) * 1103515245n + 12345n) % 2n ** 31n);
    return ((state >> 16) % 256) - 128;
  });
  return { _tag: "Codes", q: { codes: codes(data, shape), params: params([1], [zeroPoint]) } };
};

const test = suite("PyTorch computes the same");

const engine = reference();
const sums = (product: Product): readonly number[] => [...(engine.accumulate(product) as Sums).data];

for (const { conv, xShape, zeroPoints, ...expected } of cases) {
  const { kernelHeight, stride, padding, groups, inChannels, outChannels } = conv;
  const name = `${xShape.join("x")}, ${inChannels} to ${outChannels} channels, kernel ${kernelHeight}, stride ${stride}, padding ${padding}, groups ${groups}`;
  test(`output, input gradient and weight gradient of ${name}`, () => {
    const yShape = slid(xShape, conv, outChannels);
    const x = operand(xShape, 1, zeroPoints.x);
    const w = operand(weightShape(conv), 2, zeroPoints.w);
    const dy = operand(yShape, 3, zeroPoints.dy);
    assert.equal(sums({ _tag: "Forward", conv, shape: yShape, x, w }), expected.y);
    assert.equal(sums({ _tag: "BackwardInput", conv, shape: xShape, dy, w }), expected.dx);
    assert.equal(sums({ _tag: "BackwardWeight", conv, shape: weightShape(conv), dy, x }), expected.dw);
  });
}

const python = spawnSync("python3", [`${path}.py`], { encoding: "utf8" });
const isMissing =
  python.error !== undefined || /ModuleNotFoundError: No module named 'torch'/.test(python.stderr);

if (isMissing) {
  console.log("  PyTorch is not installed: its golden file is taken on trust (pip install torch==2.13.0)");
  test.skip("the golden file is what PyTorch prints");
} else
  test("the golden file is what PyTorch prints", () => {
    assert.is(python.status, 0, python.stderr);
    assert.is(python.stdout, text);
  });

test.run();
