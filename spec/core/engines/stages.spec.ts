/** @file Sources, stages and sums of a pass, each against its formula redone by hand or by enumeration. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { expectSync } from "../../../core/eventual.ts";
import {
  type Expr,
  ofCodes,
  ofTensor,
  type Source,
  type Stage,
  settled,
  staged,
} from "../../../core/expr.ts";
import type { PassResult } from "../../../core/pass.ts";
import { outputShape, type Window } from "../../../core/shape.ts";
import { codes, type Shape, type Tensor, tensor } from "../../../core/tensor.ts";
import { allClose, sameBits } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { filled, gaussian, integers, params, row } from "../../support/tensors.ts";

const test = suite("reference passes");

const { fround } = Math;
const engine = reference();
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

const stored = (x: Expr): Float32Array =>
  elements((engine.run(x, { store: true }) as Required<PassResult>).stored);

const after = (stage: Stage, ...x: readonly number[]): readonly number[] => [
  ...stored(staged(stage)(ofTensor(row(...x)))),
];

test("Affine: x * scale, rounded, then + shift, rounded; for the tensor or by channel; either may be missing", () => {
  const third = Float32Array.of(1 / 3);
  assert.equal(after({ _tag: "Affine", scale: third }, 1, 2), [third[0], fround(2 * third[0]!)]);
  assert.equal(after({ _tag: "Affine", shift: Float32Array.of(1, 10) }, 1, 2), [2, 12]);
  assert.equal(after({ _tag: "Affine" }, 1, 2), [1, 2]);
  const [scale, shift, x] = [fround(1.1), fround(-1.1), fround(1.0000001)];
  const twice = fround(fround(x * scale) + shift);
  assert.equal(after({ _tag: "Affine", scale: Float32Array.of(scale), shift: Float32Array.of(shift) }, x), [
    twice,
  ]);
  assert.is.not(twice, fround(x * scale + shift), "one rounding would give something else");
});

test("Clip keeps NaN, and Gate lets pass what lies strictly inside", () => {
  assert.equal(after({ _tag: "Clip", lo: 0, hi: 6 }, -1, 3, 7, nan), [0, 3, 6, nan]);
  const other = ofTensor(row(-1, 0, 3, 6, nan));
  assert.equal(after({ _tag: "Gate", other, lo: 0, hi: 6 }, 1, 2, 3, 4, 5), [0, 0, 3, 0, 0]);
});

test("Add adds, Mask keeps where the byte is 1", () => {
  assert.equal(after({ _tag: "Add", other: ofTensor(row(10, 20)) }, 1, 2), [11, 22]);
  const gradientMask = codes(Int8Array.of(1, 0, 1), [1, 1, 1, 3]);
  assert.equal(after({ _tag: "Mask", gradientMask }, 5, 6, nan), [5, 0, nan]);
});

test("Combine: x * scale + ((other - mean) * slope + shift), five roundings", () => {
  const [scale, mean, slope, shift] = [0.3, 0.7, -1.3, 0.01].map((v) => Float32Array.of(v)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const [x, other] = [gaussian([1, 1, 1, 200], "x"), gaussian([1, 1, 1, 200], "other")];
  const expected = Float32Array.from(elements(x), (value, i) => {
    const rest = fround(fround(fround(elements(other)[i]! - mean[0]!) * slope[0]!) + shift[0]!);
    return fround(fround(value * scale[0]!) + rest);
  });
  const combine: Stage = { _tag: "Combine", other: ofTensor(other), scale, mean, slope, shift };
  sameBits(stored(staged(combine)(ofTensor(x))), expected);
});

test("stages run in the order in which they were composed", () => {
  const plusOne: Stage = { _tag: "Affine", shift: Float32Array.of(1) };
  const clip: Stage = { _tag: "Clip", lo: 0, hi: 2 };
  assert.equal([...stored(staged(plusOne, clip)(ofTensor(row(2))))], [2]);
  assert.equal([...stored(staged(clip, plusOne)(ofTensor(row(2))))], [3]);
});

test("codes stand for scale * (code - zeroPoint), by channel of the first side where there are several", () => {
  const q = (scale: readonly number[], zeroPoint: readonly number[]): Expr =>
    ofCodes({ codes: codes(Int8Array.of(1, 2, 3, 4), [2, 1, 1, 2]), params: params(scale, zeroPoint) });
  assert.equal([...stored(q([0.5], [1]))], [0, 0.5, 1, 1.5]);
  assert.equal([...stored(q([0.5, 2], [1, -1]))], [0, 0.5, 8, 10]);
});

test("exact sums become the float32 nearest to them", () => {
  const sums = { data: Int32Array.of(2 ** 24 + 1, -3), shape: [1, 1, 1, 2] };
  const source = { _tag: "Sums", sums } as unknown as Source;
  assert.equal([...stored({ shape: [1, 1, 1, 2], source, stages: [] })], [2 ** 24, -3]);
});

const window = (size: number, stride: number, padding: number): Window => ({
  kernelHeight: size,
  kernelWidth: size,
  stride,
  padding,
});

/** Row-major indices of the input elements under the window of output (n, p, q, k). */
const under = (
  [, h, w, c]: Shape,
  { kernelHeight, kernelWidth, stride, padding }: Window,
  [n, p, q, k]: readonly number[],
): readonly number[] => {
  const found: number[] = [];
  for (let row = 0; row < h!; row++)
    for (let column = 0; column < w!; column++) {
      const [kh, kw] = [row + padding - p! * stride, column + padding - q! * stride];
      if (kh >= 0 && kh < kernelHeight && kw >= 0 && kw < kernelWidth)
        found.push(((n! * h! + row) * w! + column) * c! + k!);
    }
  return found;
};

const positionsOf = (shape: Shape): readonly (readonly number[])[] => {
  const [n, h, w, c] = shape as [number, number, number, number];
  return Array.from({ length: n * h * w * c }, (_, i) => [
    Math.floor(i / (h * w * c)),
    Math.floor(i / (w * c)) % h,
    Math.floor(i / c) % w,
    i % c,
  ]);
};

const pools = [window(2, 2, 0), window(3, 2, 1), window(3, 1, 1), window(2, 1, 0)];

for (const kind of ["max", "average"] as const)
  test(`${kind} pool and its pullback, over windows that overlap, leave gaps or hang over the edge`, () => {
    const x = integers([2, 5, 4, 3], "x", 1000);
    for (const w of pools) {
      const shape = outputShape(x.shape, w, 3);
      const dy = integers(shape, "dy", 50);
      const dx = new Float64Array(x.size);
      const area = w.kernelHeight * w.kernelWidth;
      const y = positionsOf(shape).map((position, o) => {
        const inputs = under(x.shape, w, position);
        const values = inputs.map((i) => elements(x)[i]!);
        if (kind === "max") {
          dx[inputs[values.indexOf(Math.max(...values))]!]! += elements(dy)[o]!;
          return Math.max(...values);
        }
        for (const i of inputs) dx[i]! += elements(dy)[o]! / area;
        return values.reduce((sum, v) => sum + v, 0) / area;
      });
      allClose(stored({ shape, source: { _tag: "Pool", kind, window: w, x }, stages: [] }), y, 1e-4, "y");
      allClose(
        stored({ shape: x.shape, source: { _tag: "Unpool", kind, window: w, x, dy }, stages: [] }),
        dx,
        1e-4,
        "dx",
      );
    }
  });

const pooled = (x: Tensor, w: Window): Float32Array =>
  stored({
    shape: outputShape(x.shape, w, 1),
    source: { _tag: "Pool", kind: "max", window: w, x },
    stages: [],
  });

test("the first of equal maxima gets the gradient; padding never wins; NaN does", () => {
  const x = tensor(Float32Array.of(2, 2, 2, 2), [1, 2, 2, 1]);
  const dy = row(5);
  const dx = stored({
    shape: x.shape,
    source: { _tag: "Unpool", kind: "max", window: window(2, 2, 0), x, dy },
    stages: [],
  });
  assert.equal([...dx], [5, 0, 0, 0]);
  assert.equal(
    [
      ...pooled(
        filled([1, 2, 2, 1], () => -3),
        window(3, 1, 1),
      ),
    ],
    [-3, -3, -3, -3],
  );
  assert.equal([...pooled(tensor(Float32Array.of(1, nan, 9, 2), [1, 2, 2, 1]), window(2, 2, 0))], [nan]);
});

test("Subsample takes every stride-th row and column between channels of zeros; Supersample puts gradients back there", () => {
  const x = filled([1, 3, 3, 1], (i) => i + 1);
  const y = stored({
    shape: [1, 2, 2, 3],
    source: { _tag: "Subsample", x, stride: 2, before: 1 },
    stages: [],
  });
  assert.equal([...y], [0, 1, 0, 0, 3, 0, 0, 7, 0, 0, 9, 0]);
  const dy = filled([1, 2, 2, 3], (i) => i);
  const dx = stored({
    shape: x.shape,
    source: { _tag: "Supersample", dy, stride: 2, before: 1 },
    stages: [],
  });
  assert.equal([...dx], [1, 0, 4, 0, 0, 0, 7, 0, 10]);
});

const sumsOf = (x: Expr, around: readonly number[], of?: Expr): readonly (readonly number[])[] => {
  const { channelSums } = engine.run(x, {
    channelSums: { around: Float32Array.from(around), ...(of && { of }) },
  }) as PassResult;
  const { first, second } = expectSync(channelSums!);
  return [[...first], [...second]];
};

test("channel sums: of x and of x * (of - around), or, without of, of x - around and of its square", () => {
  const x = ofTensor(tensor(Float32Array.of(1, 10, 2, 20, 3, 30), [1, 1, 3, 2]));
  const of = ofTensor(tensor(Float32Array.of(1, 1, 2, 2, 3, 3), [1, 1, 3, 2]));
  assert.equal(sumsOf(x, [0, 0]), [
    [6, 60],
    [14, 1400],
  ]);
  assert.equal(sumsOf(x, [2, 20]), [
    [0, 0],
    [2, 200],
  ]);
  assert.equal(sumsOf(x, [2], of), [
    [6, 60],
    [2, 20],
  ]);
});

test("channel sums add 128 positions of a sample in float32, and more of them, and samples, in float64", () => {
  const big = Float32Array.of(1e8, 1, -1e8);
  assert.equal(sumsOf(ofTensor(tensor(big, [1, 1, 3, 1])), [0])[0], [0]);
  assert.equal(sumsOf(ofTensor(tensor(big, [3, 1, 1, 1])), [0])[0], [1]);
  const apart = Float32Array.from({ length: 129 }, (_, i) =>
    i === 0 ? 1e8 : i === 127 ? 1 : i === 128 ? -1e8 : 0,
  );
  assert.equal(sumsOf(ofTensor(tensor(apart, [1, 3, 43, 1])), [0])[0], [0]);
  const next = apart.map((_, i) => (i === 0 ? 1e8 : i === 128 ? 1 : 0));
  assert.equal(sumsOf(ofTensor(tensor(next, [1, 3, 43, 1])), [0])[0], [1e8 + 1]);
});

test("all sinks of one pass see the same elements", () => {
  const x = staged({ _tag: "Clip", lo: 0, hi: infinity })(ofTensor(gaussian([2, 3, 3, 2], "x")));
  const one = engine.run(x, {
    store: true,
    observe: true,
    quantize: { params: params([0.01], [0]) },
    channelSums: { around: Float32Array.of(0) },
  }) as Required<PassResult>;
  sameBits(elements(one.stored), stored(x));
  assert.equal(one.range, (engine.run(x, { observe: true }) as PassResult).range);
  assert.is(expectSync(one.range).min, 0);
  assert.equal([...expectSync(one.channelSums).first], sumsOf(x, [0])[0]);
});

test("a tensor without stages needs no computing", () => {
  const x = row(1);
  assert.is(settled(ofTensor(x)), x);
  assert.is(settled(staged({ _tag: "Affine" })(ofTensor(x))), undefined);
});

test("the engine counts what it keeps, and forgets a step's tensors when the next begins", () => {
  const fresh = reference();
  fresh.allocate([2, 3]);
  fresh.upload(Float32Array.of(1, 2), [1, 1, 1, 2]);
  assert.equal(fresh.memory(), { kept: 24, step: 8, most: Number.POSITIVE_INFINITY });
  fresh.beginStep();
  assert.is(fresh.memory().step, 0);
});

test("what is uploaded is a copy", () => {
  const data = Float32Array.of(1, 2);
  const x = engine.upload(data, [1, 1, 1, 2]);
  data[0] = 9;
  assert.is(elements(x)[0], 1);
});

test.run();
