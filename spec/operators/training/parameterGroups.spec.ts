/** @file Factors on the learning rate of each parameter, as parameter groups: with every optimizer, and 0 freezes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Parameter } from "../../../core/signal.ts";
import { adam } from "../../../operators/training/adam.ts";
import { adamW } from "../../../operators/training/adamW.ts";
import { blaq } from "../../../operators/training/blaq.ts";
import type { RateScaling } from "../../../operators/training/dclrs.ts";
import { direct } from "../../../operators/training/direct.ts";
import type { OptimizerOptions } from "../../../operators/training/optimizer.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { sgd } from "../../../operators/training/sgd.ts";
import { elements } from "../../support/elements.ts";
import { testScope } from "../../support/testScope.ts";
import { updating } from "../../support/updating.ts";

const test = suite("parameter groups");

const ends = { sgd, adam, adamW, blaq, direct };
const begun = [1, -2, 0.25];

/** Parameters `stem/weight` and `head/weight` after three steps with the same gradients. */
const trained = (end: (typeof ends)[keyof typeof ends], options: Partial<OptimizerOptions>) => {
  const scope = testScope();
  const values = ["stem/weight", "head/weight"].map((path) =>
    elements(scope.parameters.create(path, "weight", [3], (value) => value.set(begun)).value),
  );
  const step = updating(end({ rate: constantRate(0.1), weightDecay: 0.5, ...options }), scope);
  for (const n of [0, 1, 2]) step(n, [0.5, 3, -1]);
  return values.map((value) => [...value]);
};

const stemTimes =
  (factor: number): RateScaling =>
  () =>
  ({ path }: Parameter) =>
    path.startsWith("stem/") ? factor : 1;

for (const [name, end] of Object.entries(ends)) {
  test(`${name}: a factor of 0 freezes a parameter, weight decay included, and leaves the others`, () => {
    const [stem, head] = trained(end, { scaling: stemTimes(0) });
    assert.equal(stem, begun);
    assert.equal(head, trained(end, {})[1]);
    assert.not.equal(head, begun);
  });

  test(`${name}: another factor is another learning rate`, () => {
    const [stem] = trained(end, { scaling: stemTimes(0.5) });
    assert.equal(stem, trained(end, { rate: constantRate(0.05) })[0]);
  });
}

test.run();
