/** @file The loss of a detector against PyTorch's autograd in float64, `spec/golden/centerLoss.json`, and against its own slopes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { boxTargetShape, type LabelledBox, writeBoxes } from "../../../core/boxTarget.ts";
import type { Expr } from "../../../core/expr.ts";
import { elements, type HostTensor, type Shape, sizeOf, tensor } from "../../../core/tensor.ts";
import { type CenterLossOptions, centerLoss } from "../../../operators/detection/centerLoss.ts";
import { generalizedIouLoss } from "../../../operators/detection/generalizedIouLoss.ts";
import { close } from "../../support/close.ts";
import { gradientsAgree } from "../../support/differences.ts";
import { golden, goldenCodes, isPrintedByPyTorch } from "../../support/golden.ts";
import { filled, gaussian } from "../../support/tensors.ts";
import {
  batch,
  built,
  metricsOf,
  numbers,
  opened,
  outcome,
  pulledBack,
  refusals,
  testScope,
} from "../../support/testScope.ts";

type Row = readonly [label: number, x0: number, y0: number, x1: number, y1: number];

interface Golden {
  readonly name: string;
  readonly shape: Shape;
  readonly unit: number;
  readonly seed: number;
  readonly overlapWeight: number;
  readonly boxes: readonly (readonly Row[])[];
  readonly loss: number;
  readonly heatmap: number;
  readonly overlap: number;
  readonly gradient: readonly number[];
}

const test = suite("centerLoss");

const labelled = ([label, ...box]: Row): LabelledBox => ({ label, box });

/** A target with a slot more than the fullest image needs. */
const targetOf = (images: readonly (readonly Row[])[]): HostTensor => {
  const slots = 1 + Math.max(...images.map((rows) => rows.length));
  const shape: Shape = [images.length, ...boxTargetShape(slots)];
  const values = new Float32Array(sizeOf(shape));
  for (const [n, rows] of images.entries()) writeBoxes(rows.map(labelled), slots, values, n);
  return tensor(values, shape);
};

/** Metrics of a batch, and the gradient of its loss. */
const judged = (x: HostTensor, target: HostTensor, options: CenterLossOptions = {}) => {
  let dx: Expr | undefined;
  const run = opened(built(centerLoss(options), testScope({ shape: x.shape.slice(1) })).layer);
  const pullback = (gradient: Expr): void => {
    dx = gradient;
  };
  const signals = run(batch(x, { target, pullback }));
  pulledBack(
    outcome(signals),
    filled([1, 1, 1, 1], () => 1),
  );
  const metrics = Object.fromEntries(metricsOf(signals).map(({ name, value }) => [name, value]));
  return {
    loss: metrics.loss as number,
    heatmap: metrics["heatmap loss"] as number,
    overlap: metrics["overlap loss"] as number,
    gradient: numbers(dx as unknown as Expr),
  };
};

for (const { name, shape, unit, seed, overlapWeight, boxes, ...expected } of golden(
  "centerLoss",
) as readonly Golden[])
  test(`is PyTorch's: ${name}`, () => {
    const x = tensor(
      Float32Array.from(goldenCodes(sizeOf(shape), seed), (code) => code / unit),
      shape,
    );
    const target = targetOf(boxes);
    const found = judged(x, target, { overlapWeight });
    close(found.loss, expected.loss, 1e-8 * expected.loss, "loss");
    close(found.heatmap, expected.heatmap, 1e-8 * expected.heatmap, "heatmap loss");
    close(found.overlap, expected.overlap, 1e-8, "overlap loss");
    for (const [i, slope] of expected.gradient.entries())
      close(found.gradient[i] as number, slope, 1e-6 * Math.abs(slope) + 1e-12, `gradient ${i}`);
  });

test("its gradient is the slope of its forward pass", () => {
  const target = targetOf([
    [
      [0, 1, 1, 13, 9],
      [1, 8, 9, 16, 15],
    ],
    [[1, 3, 2, 11, 12]],
  ]);
  gradientsAgree(centerLoss(), gaussian([2, 4, 4, 6], "x"), { target, epsilon: 2 ** -8 });
});

test("a batch without any box has no overlap loss, and a heatmap loss that is a sum", () => {
  const x = filled([2, 2, 2, 5], () => 0);
  const found = judged(x, targetOf([[], []]));
  // 8 cells with p = 1/2: p^2 log 2 each.
  close(found.heatmap, (8 * Math.log(2)) / 4, 1e-7);
  assert.is(found.overlap, 0);
  assert.is(found.loss, found.heatmap);
});

test("a box that is told exactly has no overlap loss, whatever is around it", () => {
  const x = filled([1, 4, 4, 5], () => 0);
  close(judged(x, targetOf([[[0, -2, -2, 14, 14]]])).overlap, 0, 1e-8);
});

test("of a box within the true one, or around it, only the sides are pulled", () => {
  for (const box of [
    [2, 3, 7, 9],
    [-1, -2, 20, 30],
  ] as const) {
    const [x0, y0, x1, y1] = generalizedIouLoss(box, [0, 0, 16, 16]).gradient;
    close(x0 + x1, 0, 1e-15);
    close(y0 + y1, 0, 1e-15);
    assert.ok(Math.abs(x1) > 1e-4);
  }
});

const refused = (target: Parameters<typeof batch>[1]): string => {
  try {
    opened(built(centerLoss(), testScope({ shape: [4, 4, 6] })).layer)(
      batch(gaussian([1, 4, 4, 6], "x"), target),
    );
    return "taken";
  } catch (error) {
    return (error as Error).message;
  }
};

for (const [found, row] of [
  [
    "class 2 at image 0, slot 0, expected integers from 0 to 1, since the output has 2 classes, or -1 for an empty slot",
    [2, 0, 0, 4, 4],
  ],
  ["class 0.5 at image 0, slot 0, expected integers from 0 to 1", [0.5, 0, 0, 4, 4]],
  ["class NaN at image 0, slot 0, expected integers from 0 to 1", [Number.NaN, 0, 0, 4, 4]],
  ["a box [0, NaN, 4, 4] at image 0, slot 0, expected finite", [0, 0, Number.NaN, 4, 4]],
  ["a box [5, 0, 4, 4] at image 0, slot 0, expected finite [x0, y0, x1, y1] with x0 <= x1", [0, 5, 0, 4, 4]],
  [
    "a box [20, 0, 30, 4] with its centre outside of the image at image 0, slot 0, expected boxes on an image of 16x16",
    [0, 20, 0, 30, 4],
  ],
] as const satisfies readonly (readonly [string, Row])[])
  test(`refuses ${found}`, () => {
    assert.match(refused({ target: targetOf([[row]]) }), `loss: ${found}`);
  });

test("an empty slot is not looked at, and a box behind one is refused", () => {
  const slots = (...values: readonly number[]) => ({
    target: tensor(Float32Array.from(values), [1, 1, values.length / 5, 5]),
  });
  assert.is(refused(slots(-1, Number.NaN, 0, 0, 0)), "taken");
  assert.is(refused(slots(0, 0, 0, 4, 4, -1, 0, 0, 0, 0)), "taken");
  assert.match(
    refused(slots(-1, 0, 0, 0, 0, 0, 0, 0, 4, 4)),
    "loss: a box behind an empty slot at image 0, slot 1, expected empty slots behind all boxes",
  );
});

test("targets of other tasks, and outputs without a class, are refused in sentences", () => {
  assert.match(refused({}), /^loss: labels as the target, expected boxes, a tensor of 1x1xslotsx5/);
  assert.match(
    refused({ target: gaussian([1, 4, 4, 6], "t") }),
    /^loss: a target of 1x4x4x6, expected boxes, a tensor of 1x1xslotsx5/,
  );
  assert.match(
    refusals(centerLoss(), testScope({ shape: [4, 4, 4] })).join(),
    /^loss: an output of 4x4x4, expected H \/ 4 x W \/ 4 x \(classes \+ 4\); end the network as centerDetector does/,
  );
  assert.throws(() => centerLoss({ overlapWeight: -1 }), /centerLoss, overlapWeight: -1, expected a number/);
});

test("a logit of NaN ends the run in a fault that names the loss", () => {
  const x = filled([1, 4, 4, 6], (i) => (i === 7 ? Number.NaN : 0));
  assert.throws(() => judged(x, targetOf([[[0, 0, 0, 8, 8]]])), /loss, step 0: the loss is NaN/);
});

test("logits that are huge have a finite loss", () => {
  const x = filled([1, 4, 4, 6], (i) => (elements(gaussian([1, 4, 4, 6], "x"))[i] as number) * 1e4);
  assert.ok(Number.isFinite(judged(x, targetOf([[[0, 0, 0, 8, 8]]])).loss));
});

isPrintedByPyTorch(test, "centerLoss");

test.run();
