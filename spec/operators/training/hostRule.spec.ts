/** @file An update rule of one's own, in plain numbers: what it is given, and what is kept of it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { optimizerOf } from "../../../operators/training/optimizers.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { sgd } from "../../../operators/training/sgd.ts";
import { hostRule } from "../../../operators/training/updateRule.ts";
import { elements } from "../../support/elements.ts";
import { testScope } from "../../support/testScope.ts";
import { updating } from "../../support/updating.ts";

const test = suite("hostRule");

const scopeWith = () => {
  const scope = testScope();
  const { value } = scope.parameters.create("x", "weight", [3], (values) => values.set([1, -2, 0.25]));
  return { scope, values: elements(value) };
};

/** Momentum as PyTorch has it: velocity = 0.5 velocity + g, x -= rate velocity. */
const momentum = hostRule({
  state: { velocity: (shape) => shape },
  update: (p, g, { velocity }, { rate, weightDecay }) => {
    g.forEach((slope, i) => {
      velocity[i] = 0.5 * velocity[i]! + slope + weightDecay * p[i]!;
      p[i] = p[i]! - rate * velocity[i]!;
    });
  },
});

test("momentum written by hand is that of sgd", () => {
  const [mine, ours] = [scopeWith(), scopeWith()];
  const own = optimizerOf("momentum", momentum, { weightDecay: 0.25 });
  assert.is(own.name, "momentum");
  const learn = updating(own.make(constantRate(0.5), { steps: 3 }), mine.scope);
  const known = updating(sgd({ rate: constantRate(0.5), momentum: 0.5, weightDecay: 0.25 }), ours.scope);
  for (const [step, gradient] of [
    [1, 0.5, -0.25],
    [-0.5, 2, 1],
    [0, 0, 4],
  ].entries()) {
    learn(step, gradient);
    known(step, gradient);
    assert.equal([...mine.values], [...ours.values]);
  }
});

test("what it remembers is a parameter of kind state below that of the weights, so that a checkpoint keeps it", () => {
  const { scope } = scopeWith();
  updating(optimizerOf("momentum", momentum).make(constantRate(1), { steps: 1 }), scope)(0, [1, 2, 3]);
  const state = scope.parameters.find("x/velocity")!;
  assert.is(state.kind, "state");
  assert.equal([...elements(state.value)], [1, 2, 3]);
});

test.run();
