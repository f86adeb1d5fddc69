/** @file What an op of a user's gives back is looked at in its first step. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { selectEngine } from "../../../core/engines/registry.ts";
import { type Expr, ofTensor, staged } from "../../../core/expr.ts";
import { elements, type Shape } from "../../../core/tensor.ts";
import { constant } from "../../../operators/module/initialize.ts";
import { plus } from "../../../operators/step/fork.ts";
import { type Backward, type Forward, layer } from "../../../operators/step/op.ts";
import { metrics } from "../../../operators/taps/metrics.ts";
import { gaussian } from "../../support/tensors.ts";
import { testContext } from "../../support/testContext.ts";
import {
  batch,
  built,
  numbers,
  opened,
  outcome,
  pulledBack,
  refusals,
  testScope,
} from "../../support/testScope.ts";

const test = suite("what an op gives");

const x = gaussian([2, 1, 1, 3], "x");
const five = ofTensor(gaussian([5, 1, 1, 1], "five"));
const shape = [1, 1, 3];

/** Trains a layer for a step. */
const trained = (forward: (x: Expr) => unknown, backward: (dy: Expr) => unknown, gradient?: Expr): void => {
  const own = layer("own", ({ parameter }) => {
    const factor = gradient && parameter("factor", "normalization", [1], constant(1));
    return {
      options: {},
      forward: (x) => forward(x) as Forward<undefined>,
      backward: (dy) => {
        const given = backward(dy) as Backward;
        return factor ? { ...given, gradients: new Map([[factor, gradient]]) } : given;
      },
    };
  });
  const run = opened(built(own, testScope({ shape })).layer);
  pulledBack(outcome(run(batch(x))), x);
};

const same = (y: Expr) => ({ y, save: undefined });

test("another shape than that of the plan, of the input or of the parameter is refused", () => {
  assert.throws(
    () =>
      trained(
        () => same(five),
        () => ({ dx: five }),
      ),
    "own, step 0: forward gave an output of 5x1x1x1, expected 5x1x1x3, as the layer's plan says",
  );
  assert.throws(
    () => trained(same, () => ({ dx: five })),
    "own, step 0: backward gave a dx of 5x1x1x1, expected 2x1x1x3, as what came in",
  );
  assert.throws(
    () => trained(same, (dx) => ({ dx }), five),
    "own, step 0: backward gave a gradient of 5x1x1x1 for the parameter own/factor, expected one of 1, as the parameter",
  );
});

const refused = (act: () => void, sentence: RegExp): void => assert.throws(act, sentence);

test("stages that do not fit their tensor are refused, which an engine would take for numbers of another channel", () => {
  const affine = staged({ _tag: "Affine", scale: new Float32Array(2) });
  const add = staged({ _tag: "Add", other: five });
  refused(
    () =>
      trained(
        (x) => same(affine(x)),
        (dx) => ({ dx }),
      ),
    /^own, step 0: forward gave an output with a stage Affine whose scale has 2 numbers for 3 channels, expected/,
  );
  refused(
    () => trained(same, (dy) => ({ dx: add(dy) })),
    /^own, step 0: backward gave a dx with a stage Add that joins 2x1x1x3 and 5x1x1x1, expected/,
  );
  refused(
    () => plus(five, ofTensor(x)),
    /^plus: tensors of 5x1x1x1 and 2x1x1x3, expected two of the same shape/,
  );
  refused(
    () => testContext(testScope().engine).sums(ofTensor(x), { around: new Float32Array(2) }),
    /^ctx.sums: sums around 2 numbers, expected one for each of 3 channels/,
  );
});

test("gradients of parameters that are no map from parameters to expressions are refused", () => {
  const gives = (gradients: unknown): void => trained(same, (dx) => ({ dx, gradients }) as Backward);
  refused(
    () => gives({ factor: 1 }),
    /^own, step 0: backward gave gradients that are not a Map, expected a map/,
  );
  refused(
    () => gives(new Map([["factor", five]])),
    /^own, step 0: backward gave a gradient for "factor", which is/,
  );
  refused(
    () => trained(same, (dx) => ({ dx }), x as never),
    /^own, step 0: backward gave a gradient of own\/factor that is not an expression of a tensor/,
  );
});

test("a plan's shape, and that of a parameter, are positive integers", () => {
  const shaped = (shape: unknown) =>
    layer("own", () => ({ options: {}, shape: shape as Shape, forward: same, backward: (dx) => ({ dx }) }));
  for (const [wrong, text] of [
    [[1, 3], "[1,3]"],
    [[1, 1, 0.5], "[1,1,0.5]"],
    ["5", '"5"'],
  ])
    assert.equal(refusals(shaped(wrong), testScope({ shape })), [
      `own: a shape of ${text}, expected height, width and channels of one sample, each a positive integer.`,
    ]);
  const parameter = layer("own", (scope) => {
    scope.parameter("factor", "bias", [0], constant(0));
    return { options: {}, forward: same, backward: (dx) => ({ dx }) };
  });
  assert.equal(refusals(parameter, testScope({ shape })), [
    "own: the parameter factor of 0, expected a shape of positive integers.",
  ]);
});

test("what is not an expression is refused", () => {
  for (const nothing of [undefined, {}])
    assert.throws(
      () =>
        trained(
          () => nothing,
          () => ({}),
        ),
      "own, step 0: forward gave an output that is no expr",
    );
  for (const nothing of [undefined, {}])
    assert.throws(
      () => trained(same, () => nothing),
      "own, step 0: backward gave a dx that is not an expression",
    );
  assert.throws(() => elements(five as never), "elements: a value that is not a tensor in memory");
});

test("an engine that there is not is refused", async () => {
  const { left } = (await selectEngine("smid" as never)) as { left?: object };
  assert.equal(left && { ...left }, {
    _tag: "Problem",
    where: "engine",
    found: '"smid"',
    expected: "one of auto, simd, gpu, reference",
  });
});

test("a metric that writes into its output changes nothing", () => {
  const zeroing = metrics([{ name: "zero", better: "lower", evaluate: (y) => elements(y).fill(0).length }]);
  const out = outcome(opened(built(zeroing, testScope({ shape })).layer)(batch(x)));
  assert.equal([...numbers(out.x)], [...elements(x)]);
});

test.run();
