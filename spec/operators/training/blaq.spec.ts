/** @file BLAQ: when it tries a step, where it goes on, and with what. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Module } from "../../../operators/module/module.ts";
import { adam } from "../../../operators/training/adam.ts";
import { curvatureAt } from "../../../operators/training/adamMoments.ts";
import { type BlaqOptions, backtracked, blaq } from "../../../operators/training/blaq.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { trialsEvery } from "../../../operators/training/trials.ts";
import { allClose, sameBits } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { testScope } from "../../support/testScope.ts";
import { type Slope, updating } from "../../support/updating.ts";

const test = suite("blaq");

const rate = constantRate(0.01);

/** A weight [1, -2] and steps of an optimizer; after each, a copy of its values. */
const learning = (module: Module) => {
  const scope = testScope();
  const { value } = scope.parameters.create("x", "weight", [2], (values) => values.set([1, -2]));
  const step = updating(module, scope);
  return {
    curvature: () => curvatureAt(scope.parameters, "x")!,
    after: (n: number, gradient: Slope) => {
      step(n, gradient);
      return Float32Array.from(elements(value));
    },
  };
};

const learns = (options: Partial<BlaqOptions>) => learning(blaq({ rate, momentum: 0, ...options }));

test("every third batch is gone through twice; its first time is a trial", () => {
  const { isTrial, isReturn, batch } = trialsEvery(3);
  const steps = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  assert.equal(steps.map(batch), [0, 1, 2, 2, 3, 4, 5, 5, 6]);
  assert.equal(steps.filter(isTrial), [2, 6]);
  assert.equal(steps.filter(isReturn), [3, 7]);
  for (const period of [1, 2, 5, 10])
    for (let step = 0; step < 40; step++) {
      const { isTrial, isReturn, batch } = trialsEvery(period);
      assert.is(isReturn(step + 1), isTrial(step));
      assert.is(batch(step + 1) - batch(step), isTrial(step) ? 0 : 1);
    }
});

test("docs/methods.md 7.6: 0.6 of the gradient before and 0.4 of that at the trial weights", () => {
  const mixed = backtracked(0.6);
  allClose([mixed(0.2, -0.3), mixed(-0.1, 0.1)], [0, -0.02], 1e-12);
});

test("a trial is a step of Adam; the next step begins where it did, with mixed gradient and curvature", () => {
  const run = learns({ period: 1, mix: 0.6 });
  const trial = run.after(0, [0.2, -0.1]);
  allClose(trial, [0.99, -1.99], 1e-6);
  const values = run.after(1, [-0.3, 0.1]);
  // The second moment is the mean of both squares, 0.065 and 0.01, but for the 0.1 % by which it forgets.
  const root = [0.6 * 0.2 + 0.4 * Math.sqrt(0.065), 0.1];
  allClose(run.curvature(), root, 1e-4);
  allClose(values, [1, -2 + (0.01 * 0.02) / root[1]!], 1e-6);
});

test("the gradient of the second time is taken at the trial weights", () => {
  const run = learns({ period: 1 });
  const seen: Float32Array[] = [];
  const gradient = (values: Float32Array): readonly number[] => {
    seen.push(Float32Array.from(values));
    return [1, 1];
  };
  const trial = run.after(0, gradient);
  const returned = run.after(1, gradient);
  sameBits(seen[1]!, trial);
  // Two gradients that agree: the same step from the same place, and not a second one.
  allClose(returned, trial, 1e-6);
});

test("with all of the weight on what was before, a trial changes nothing", () => {
  const [a, b] = [learns({ period: 1, mix: 1 }), learning(adam({ rate, momentum: 0 }))];
  const stepped = b.after(0, [0.2, -0.1]);
  a.after(0, [0.2, -0.1]);
  allClose(a.after(1, [5, 5]), stepped, 1e-6);
});

test("between trials it is Adam", () => {
  const gradients = [
    [0.2, -0.1],
    [1, 3],
    [-0.5, 0.25],
  ];
  const [a, b] = [
    learns({ period: 4, momentum: 0.9, weightDecay: 0.1 }),
    learning(adam({ rate, weightDecay: 0.1 })),
  ];
  for (const [n, gradient] of gradients.entries()) sameBits(a.after(n, gradient), b.after(n, gradient));
});

test.run();
