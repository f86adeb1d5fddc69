/** @file A batch shared out among engines gives the bits of one engine, for any number of workers and any order of arrival. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dataParallel } from "../../../core/engines/dataParallel/dataParallel.ts";
import { bytesSent, type Reduction } from "../../../core/engines/dataParallel/reduction.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { expectSync } from "../../../core/eventual.ts";
import { type Expr, ofProduct, ofTensor, staged } from "../../../core/expr.ts";
import type { PassResult } from "../../../core/pass.ts";
import { branch } from "../../../core/random.ts";
import { elements, type HostTensor, inMemory, type Tensor, tensor } from "../../../core/tensor.ts";
import { everySink, exprOf, smallShapes, stagesOf } from "../../support/everyPass.ts";
import { convolutions, floats, integers, keys, productsOf } from "../../support/everyProduct.ts";
import { sameNumbers, sameResult } from "../../support/sameResult.ts";

const test = suite("data parallel");

const oracle = reference();
const worker = simd({ bytes: 2 ** 26 });
const workers = (count: number) => new Array(count).fill(worker);

const law = (
  x: () => Expr,
  sinks: () => ReturnType<typeof everySink>,
  count: number,
  arrival: number,
): void => {
  const several = dataParallel(workers(count), { arrival });
  several.beginStep();
  sameResult(several.run(x(), sinks()) as PassResult, oracle.run(x(), sinks()) as PassResult);
};

test("200 passes of every source, stage and sink, among 2 to 9 workers", () =>
  fc.assert(
    fc.property(
      keys,
      smallShapes,
      fc.integer({ min: 2, max: 9 }),
      fc.boolean(),
      (key, shape, count, both) => {
        const x = () => staged(...stagesOf(branch(key, 1), shape, true))(exprOf(key, shape, true));
        const of = () => (both ? exprOf(branch(key, 2), shape, true) : undefined);
        law(x, () => everySink(key, shape[3] as number, of()), count, key[0]);
      },
    ),
    { numRuns: 200, seed: 15 },
  ));

for (const kind of ["integers", "float32"] as const)
  test(`all three products of 60 convolutions of ${kind}, among 2 to 9 workers`, () =>
    fc.assert(
      fc.property(convolutions, keys, fc.integer({ min: 2, max: 9 }), (shapes, key, count) => {
        const operands = (shape: readonly number[], _: number, side: number) =>
          kind === "integers"
            ? integers(branch(key, side), shape, 8)
            : ({ _tag: "Dense", x: floats(branch(key, side), shape) } as const);
        for (const product of productsOf(shapes, operands)) {
          law(
            () => ofProduct(product),
            () => everySink(key, product.shape[3] as number),
            count,
            key[1],
          );
          if (kind !== "integers") continue;
          const several = dataParallel(workers(count), { arrival: key[0] });
          const sums = (engine: typeof oracle) =>
            (engine.accumulate(product) as { data: ArrayLike<number> }).data;
          sameNumbers("sums", sums(several), sums(oracle));
        }
      }),
      { numRuns: 60, seed: 16 },
    ));

test("a range that a pass waits for is told as one before quantization, one that was there as later", () => {
  const told: Reduction[] = [];
  const several = dataParallel(workers(3), { onReduction: (reduction) => told.push(reduction) });
  several.beginStep();
  const x = several.upload(new Float32Array(24).fill(1), [4, 1, 2, 3]);
  const params = { bits: 8, qmin: -128, qmax: 127, scale: Float32Array.of(1), zeroPoint: Int32Array.of(0) };
  several.run(ofTensor(x), { observe: true });
  several.run(ofTensor(x), { observe: true, quantize: { params } });
  const seen = told.map(({ role, when, bytes, workers }) => [role, when, bytes, workers]);
  assert.equal(seen, [
    ["range", "quantize", 12, 3],
    ["range", "later", 12, 3],
    ["clipped", "later", 4, 3],
  ]);
  // 2 (3 - 1) 12 bytes in a ring.
  assert.is(bytesSent(told[0] as Reduction), 48);
});

test("float32 sums are added in the order of the samples, where another order would give another number", () => {
  // (1 + 2^60) - 2^60 is 0 in float64; from the other end it would be 1.
  const x = tensor(Float32Array.of(1, 2 ** 60, -(2 ** 60)), [3, 1, 1, 1]);
  for (const arrival of [0, 1, 2, 3, 4, 5]) {
    const several = dataParallel(workers(3), { arrival });
    several.beginStep();
    const found = several.run(ofTensor(x), { channelSums: { around: new Float32Array(1) } }) as PassResult;
    assert.equal(expectSync(found.channelSums)?.first, Float64Array.of(0));
  }
});

test("a weight gradient in a stage is summed over all samples, also where it has as many channels as there are samples", () => {
  const conv = {
    kernelHeight: 1,
    kernelWidth: 1,
    stride: 1,
    padding: 0,
    inChannels: 1,
    outChannels: 2,
    groups: 1,
  };
  const operand = (...values: number[]) =>
    ({ _tag: "Dense", x: tensor(Float32Array.from(values), [2, 1, 1, values.length / 2]) }) as const;
  const told: Reduction[] = [];
  const several = dataParallel(workers(2), { onReduction: (reduction) => told.push(reduction) });
  several.beginStep();
  const [dy, x] = [operand(1, 2, 3, 4), operand(5, 6)];
  const other = ofProduct({ _tag: "BackwardWeight", conv, shape: [2, 1, 1, 1], dy, x });
  const { stored } = several.run(staged({ _tag: "Add", other })(ofTensor(x.x)), {
    store: true,
    path: "conv1",
  }) as PassResult;
  // dw is 1 * 5 + 3 * 6 and 2 * 5 + 4 * 6.
  assert.equal(elements(inMemory(stored as Tensor)), Float32Array.of(5 + 23, 6 + 34));
  assert.equal(
    told.map(({ kind, path, bytes }) => [kind, path, bytes]),
    [
      ["gather", "conv1", 8],
      ["gather", "conv1", 16],
    ],
  );
});

test("sums of the channels of weights, which every worker has, are those of one engine", () => {
  const several = dataParallel(workers(2));
  several.beginStep();
  const weights = several.allocateResident([3, 1, 1, 2], (all) => all.set([1, 2, 3, 4, 5, 6]));
  const { channelSums } = several.run(ofTensor(weights), {
    channelSums: { around: new Float32Array(2) },
  }) as PassResult;
  // 1 + 3 + 5 and 2 + 4 + 6; 1 + 9 + 25 and 4 + 16 + 36.
  assert.equal(expectSync(channelSums)?.first, Float64Array.of(9, 12));
  assert.equal(expectSync(channelSums)?.second, Float64Array.of(35, 56));
});

test("float32 weight gradients over two runs of a sample travel run by run, and are gathered where a number is not finite", () => {
  const conv = {
    kernelHeight: 1,
    kernelWidth: 1,
    stride: 1,
    padding: 0,
    inChannels: 1,
    outChannels: 1,
    groups: 1,
  };
  const shape = [3, 1, 200, 1];
  const factor = (side: number, last: number): HostTensor => {
    const x = floats([side, 5], shape);
    elements(x)[599] = last;
    return x;
  };
  const kinds = (last: number): readonly unknown[] => {
    const [dy, x] = [factor(1, last), factor(2, 0)];
    const dw: Expr = ofProduct({
      _tag: "BackwardWeight",
      conv,
      shape: [1, 1, 1, 1],
      dy: { _tag: "Dense", x: dy },
      x: { _tag: "Dense", x },
    });
    const told: Reduction[] = [];
    const several = dataParallel(workers(3), { arrival: 3, onReduction: (one) => told.push(one) });
    several.beginStep();
    sameResult(several.run(dw, { store: true }) as PassResult, oracle.run(dw, { store: true }) as PassResult);
    return told.map(({ role, kind, bytes }) => [role, kind, bytes]);
  };
  // Three samples of two runs, each 4 bytes; both tensors otherwise.
  assert.equal(kinds(1), [["weight gradient", "partials", 3 * 2 * 4]]);
  assert.equal(kinds(Number.POSITIVE_INFINITY), [
    ["elements", "gather", 2400],
    ["elements", "gather", 2400],
  ]);
});

test("a batch that has the shape of a parameter is shared out all the same", () => {
  const told: Reduction[] = [];
  const several = dataParallel(workers(2), { onReduction: (reduction) => told.push(reduction) });
  several.allocateResident([4, 1, 2, 3], () => {});
  for (const _ of [1, 2]) {
    several.beginStep();
    several.run(ofTensor(several.upload(new Float32Array(24), [4, 1, 2, 3])), { observe: true });
  }
  assert.equal(
    told.map(({ step, role, kind }) => [step, role, kind]),
    [
      [1, "range", "minMax"],
      [2, "range", "minMax"],
    ],
  );
});

test("no engine is refused, and weights are reduced by nobody", () => {
  assert.throws(() => dataParallel([]), /no engine/);
  const told: Reduction[] = [];
  const several = dataParallel(workers(2), { onReduction: (reduction) => told.push(reduction) });
  several.beginStep();
  several.upload(new Float32Array(4), [4, 1, 1, 1]);
  several.run(ofTensor(several.allocateResident([4, 1, 1, 2], () => {})), { observe: true });
  assert.equal(told, []);
});

test.run();
