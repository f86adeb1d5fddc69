/** @file The reference's three products against an enumeration of all multiplications. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import type { Eventual } from "../../../core/eventual.ts";
import { ofProduct } from "../../../core/expr.ts";
import type { Operand, Product, Sums } from "../../../core/product.ts";
import { type ConvShape, outputShape, weightShape } from "../../../core/shape.ts";
import { codes, type QTensor, type Shape, type Tensor, tensor } from "../../../core/tensor.ts";
import { allClose, sameBits } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { forAll } from "../../support/lawful.ts";
import { convolutions, enumerated } from "../../support/taps.ts";
import { gaussian, integers, params, row, someCodes } from "../../support/tensors.ts";

const test = suite("reference products");

const engine = reference();

interface Operands {
  readonly x: Operand;
  readonly w: Operand;
  readonly dy: Operand;
}

const products = (
  conv: ConvShape,
  xShape: Shape,
  { x, w, dy }: Operands,
): readonly [Product, Product, Product] => [
  { _tag: "Forward", conv, shape: outputShape(xShape, conv, conv.outChannels), x, w },
  { _tag: "BackwardInput", conv, shape: xShape, dy, w },
  { _tag: "BackwardWeight", conv, shape: weightShape(conv), dy, x },
];

const accumulated = (product: Product): Sums =>
  engine.accumulate(product) as Exclude<Eventual<Sums>, PromiseLike<Sums>>;

const stored = (product: Product): Float32Array => {
  const result = engine.run(ofProduct(product), { store: true });
  if ("then" in result || !result.stored) throw new Error("the reference answers at once");
  return elements(result.stored);
};

const quantized = (shape: Shape, name: string, zeroPoint: readonly number[]): QTensor => ({
  codes: someCodes(shape, name),
  params: params(
    zeroPoint.map(() => 0.5),
    zeroPoint,
  ),
});

/** code - zeroPoint. */
const factors = ({ codes, params: { zeroPoint } }: QTensor): Float64Array =>
  Float64Array.from(
    elements(codes),
    (code, i) => code - (zeroPoint[Math.floor((i * zeroPoint.length) / codes.size)] as number),
  );

const asCodes = (q: QTensor): Operand => ({ _tag: "Codes", q });
const asDense = (x: Tensor): Operand => ({ _tag: "Dense", x });

test("all three products of codes are the exact sums of (code - zero point) products", () => {
  forAll(
    convolutions,
    ({ conv, xShape }) => {
      const x = quantized(xShape, "x", [-7]);
      const w = quantized(weightShape(conv), "w", [3]);
      const dy = quantized(outputShape(xShape, conv, conv.outChannels), "dy", [-128]);
      const expected = enumerated(conv, xShape, { x: factors(x), w: factors(w), dy: factors(dy) });
      const [y, dx, dw] = products(conv, xShape, { x: asCodes(x), w: asCodes(w), dy: asCodes(dy) });
      assert.equal([...accumulated(y).data], [...expected.y]);
      assert.equal([...accumulated(dx).data], [...expected.dx]);
      assert.equal([...accumulated(dw).data], [...expected.dw]);
      sameBits(stored(dw), Float32Array.from(expected.dw), "each sum is rounded once");
    },
    150,
  );
});

test("a zero point for each output channel goes with its channel", () => {
  forAll(
    convolutions,
    ({ conv, xShape }) => {
      const x = quantized(xShape, "x", [5]);
      const w = quantized(
        weightShape(conv),
        "w",
        Array.from({ length: conv.outChannels }, (_, o) => 9 - 4 * o),
      );
      const dy = quantized(outputShape(xShape, conv, conv.outChannels), "dy", [0]);
      const expected = enumerated(conv, xShape, { x: factors(x), w: factors(w), dy: factors(dy) });
      const [y] = products(conv, xShape, { x: asCodes(x), w: asCodes(w), dy: asCodes(dy) });
      assert.equal([...accumulated(y).data], [...expected.y]);
    },
    30,
  );
});

test("products of whole floats are exact too", () => {
  forAll(
    convolutions,
    ({ conv, xShape }) => {
      const x = integers(xShape, "x", 9);
      const w = integers(weightShape(conv), "w", 9);
      const dy = integers(outputShape(xShape, conv, conv.outChannels), "dy", 9);
      const expected = enumerated(conv, xShape, { x: elements(x), w: elements(w), dy: elements(dy) });
      const [y, dx, dw] = products(conv, xShape, { x: asDense(x), w: asDense(w), dy: asDense(dy) });
      allClose(stored(y), expected.y, 0, "y");
      allClose(stored(dx), expected.dx, 0, "dx");
      allClose(stored(dw), expected.dw, 0, "dw");
    },
    50,
  );
});

test("products of other floats differ from float64 by their float32 roundings only (1e-6 times the number of taps)", () => {
  forAll(
    convolutions,
    ({ conv, xShape }) => {
      const x = gaussian(xShape, "x");
      const w = gaussian(weightShape(conv), "w");
      const dy = gaussian(outputShape(xShape, conv, conv.outChannels), "dy");
      const expected = enumerated(conv, xShape, { x: elements(x), w: elements(w), dy: elements(dy) });
      const [y, dx, dw] = products(conv, xShape, { x: asDense(x), w: asDense(w), dy: asDense(dy) });
      const tolerance = (taps: number): number => 1e-6 * taps;
      allClose(stored(y), expected.y, tolerance(27), "y");
      allClose(stored(dx), expected.dx, tolerance(18), "dx");
      allClose(stored(dw), expected.dw, tolerance(150), "dw");
    },
    50,
  );
});

const pointwise = (inChannels: number, outChannels: number): ConvShape => ({
  kernelHeight: 1,
  kernelWidth: 1,
  stride: 1,
  padding: 0,
  groups: 1,
  inChannels,
  outChannels,
});

test("float32 sums add tap after tap from 0: (1e8 + 1) - 1e8 is 0, (1e8 - 1e8) + 1 is 1", () => {
  const y = (...w: readonly number[]): number => {
    const conv = pointwise(3, 1);
    const operand: Operand = { _tag: "Dense", x: tensor(Float32Array.from(w), [1, 1, 1, 3]) };
    return stored(
      products(conv, [1, 1, 1, 3], { x: asDense(row(1, 1, 1)), w: operand, dy: asDense(row(1)) })[0],
    )[0]!;
  };
  assert.is(y(1e8, 1, -1e8), 0);
  assert.is(y(1e8, -1e8, 1), 1);
});

test("weight gradients add positions in float32 and samples in float64", () => {
  const conv = pointwise(1, 1);
  const column = (...values: readonly number[]): Operand =>
    asDense(tensor(Float32Array.from(values), [values.length, 1, 1, 1]));
  const dw = (shape: Shape): number => {
    const x = asDense(tensor(Float32Array.of(1e8, 1, -1e8), shape));
    const dy = asDense(tensor(Float32Array.of(1, 1, 1), shape));
    return stored(products(conv, shape, { x, w: column(1), dy })[2])[0]!;
  };
  assert.is(dw([1, 1, 3, 1]), 0, "three positions of one sample");
  assert.is(dw([3, 1, 1, 1]), 1, "three samples");
});

test("weight gradients beyond 2^31 do not wrap", () => {
  const shape = [1, 200, 200, 1];
  const x: QTensor = { codes: codes(new Int8Array(40_000).fill(127), shape), params: params([1], [-128]) };
  const conv = pointwise(1, 1);
  const sums = accumulated({
    _tag: "BackwardWeight",
    conv,
    shape: [1, 1, 1, 1],
    dy: asCodes(x),
    x: asCodes(x),
  });
  assert.is(sums.data[0], 40_000 * 255 * 255);
  assert.ok(40_000 * 255 * 255 > 2 ** 31);
});

test("a product of one quantized and one float operand is a mistake of ours", () => {
  const conv = pointwise(1, 1);
  const q: QTensor = { codes: someCodes([1, 1, 1, 1], "q"), params: params([1], [0]) };
  const mixed: Product = { _tag: "Forward", conv, shape: [1, 1, 1, 1], x: asCodes(q), w: asDense(row(1)) };
  assert.throws(() => engine.run(ofProduct(mixed), { store: true }), /^internal: a Forward product of one/);
  const dense: Product = { ...mixed, x: asDense(row(1)) };
  assert.throws(() => engine.accumulate(dense), /^internal: accumulate wants/);
});

test.run();
