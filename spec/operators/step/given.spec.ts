/** @file What an op of a user's gives back is looked at in its first step. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { selectEngine } from "../../../core/engines/registry.ts";
import { type Expr, ofTensor } from "../../../core/expr.ts";
import { elements } from "../../../core/tensor.ts";
import { constant } from "../../../operators/module/initialize.ts";
import { type Backward, type Forward, layer } from "../../../operators/step/op.ts";
import { metrics } from "../../../operators/taps/outputMetric.ts";
import { gaussian } from "../../support/tensors.ts";
import { batch, built, numbers, opened, outcome, pulledBack, testScope } from "../../support/testScope.ts";

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

test("what is no expression is refused", () => {
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
      "own, step 0: backward gave a dx that is no expression",
    );
  assert.throws(() => elements(five as never), "elements: something that is no tensor in memory");
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
