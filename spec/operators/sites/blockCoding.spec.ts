/** @file Integers in blocks in a training step: each product takes the copies whose blocks are along the axis that it adds along. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import type { Expr } from "../../../core/expr.ts";
import { integersInBlocks } from "../../../core/integerBlocks.ts";
import type { Activation, Role } from "../../../core/signal.ts";
import type { HostTensor } from "../../../core/tensor.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { mx, mxEntry } from "../../../quantizers/projections/mx.ts";
import { type Quantizer, quantizerFor } from "../../../quantizers/quantizer.ts";
import { allClose } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { failureOf } from "../../support/failureOf.ts";
import { gaussian } from "../../support/tensors.ts";
import {
  batch,
  built,
  gradientsOf,
  numbers,
  opened,
  outcome,
  pulledBack,
  refusals,
  testScope,
} from "../../support/testScope.ts";

const test = suite("blockCoding");

const inBlocks = (_: string, role: Role): Quantizer => ({
  ...quantizerFor(role, 8, { name: "currentMinMax", estimator: currentMinMax() }),
  rounding: "nearest",
  projection: mx({ element: "int", block: 32, products: "blocks" }),
});

// Two blocks along each axis, the second shorter.
const [samples, inputs, outputs] = [40, 35, 37];

type Numbers = readonly number[];

/** The numbers of both copies of a tensor [rows, 1, 1, columns], by row and column. */
const copiesOf = (x: HostTensor) => {
  const [rows, , , columns] = x.shape as [number, number, number, number];
  const how = { bits: 8, size: 32, scale: "rceil", isBoth: true, range: { lo: -1, hi: 1 } } as const;
  const { blocks } = integersInBlocks(elements(x), x.shape, how);
  const first = blocks.first as NonNullable<typeof blocks.first>;
  const at = ({ codes, scales, size }: typeof first, row: number, k: number, length: number): number =>
    (elements(codes)[row * length + k] as number) *
    (scales[row * Math.ceil(length / size) + Math.floor(k / size)] as number);
  return {
    alongRows: (row: number, column: number) => at(blocks.last, row, column, columns),
    alongColumns: (row: number, column: number) => at(first, column, row, rows),
  };
};

const sums = (
  rows: number,
  columns: number,
  terms: number,
  term: (r: number, c: number, k: number) => number,
): Numbers =>
  Array.from({ length: rows * columns }, (_, i) => {
    const [r, c] = [Math.floor(i / columns), i % columns];
    return Array.from({ length: terms }, (_, k) => term(r, c, k)).reduce((sum, one) => sum + one, 0);
  });

for (const engine of [reference(), simd({ bytes: 2 ** 24 })])
  test(`${engine.name}: forward and input gradient add along channels, the weight gradient along samples`, () => {
    const scope = testScope({ shape: [1, 1, inputs], engine, quantizer: inBlocks });
    const run = opened(built(quantized(dense)("dense", { units: outputs }), scope).layer);
    const weight = scope.parameters.find("dense/weight")!.value as HostTensor;
    engine.beginStep();
    const w = copiesOf(weight);
    const [xs, dys] = [
      gaussian([samples, 1, 1, inputs], "x"),
      gaussian([samples, 1, 1, outputs], "dy", 0.01),
    ];
    const [x, dy] = [copiesOf(xs), copiesOf(dys)];
    let dx: Expr | undefined;
    const pullback: Activation["pullback"] = (given) => {
      dx = given;
    };
    const end = outcome(run(batch(xs, { step: 0, pullback })));
    const y = [...numbers(end.x)];
    const [dw] = gradientsOf(pulledBack(end, dys)).map(({ gradient }) => [...elements(gradient)]);
    allClose(
      y,
      sums(samples, outputs, inputs, (n, o, i) => x.alongRows(n, i) * w.alongRows(o, i)),
      1e-5,
    );
    allClose(
      [...numbers(dx as Expr)],
      sums(samples, inputs, outputs, (n, i, o) => dy.alongRows(n, o) * w.alongColumns(o, i)),
      1e-6,
    );
    allClose(
      dw as Numbers,
      sums(outputs, inputs, samples, (o, i, n) => dy.alongColumns(n, o) * x.alongColumns(n, i)),
      1e-6,
    );
    // Were both copies one, this could not fail.
    assert.ok(
      Array.from({ length: samples }, (_, n) => x.alongRows(n, 0) - x.alongColumns(n, 0)).some(
        (d) => d !== 0,
      ),
    );
  });

test("a projection with blocks that no engine can multiply is refused when the network is built", () => {
  for (const [size, scale] of [
    [3, "rceil"],
    [0, "rceil"],
    [-2, "rceil"],
    [2.5, "rceil"],
    [Number.NaN, "rceil"],
    [32, "typo"],
  ] as const) {
    const projection = { ...mx({ element: "int" }), integerBlocks: { size, scale: scale as "rceil" } };
    const scope = testScope({
      shape: [1, 1, inputs],
      quantizer: (site, role) => ({ ...inBlocks(site, role), projection }),
    });
    const [found] = refusals(quantized(dense)("dense", { units: outputs }), scope);
    assert.is(
      found,
      `dense/input: integerBlocks of ${size} elements with the scale ${scale} in the quantizer mx, expected an even number of elements from 2 to 65536, and a scale of floor, rceil, ceil or even.`,
    );
  }
});

test("blocks of floats, or of an odd number of elements, are refused", async () => {
  const refused = (given: Parameters<typeof mx>[0]): Promise<string> => failureOf(() => mx(given));
  assert.is(
    await refused({ products: "blocks" }),
    "mx: products=blocks with element=float, expected element=int.",
  );
  assert.is(
    await refused({ element: "int", block: 3, products: "blocks" }),
    "mx: products=blocks with block=3, expected an even number.",
  );
  assert.equal(mxEntry.make({ element: "int", products: "blocks" }).integerBlocks, {
    size: 32,
    scale: "rceil",
  });
});

test.run();
