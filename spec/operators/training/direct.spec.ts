/** @file Gradient descent among levels, by arithmetic; and that weights stay levels. Against PyTorch: directQuantizationPytorch. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { descendLevels, direct, limitLevels } from "../../../operators/training/direct.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { sgd } from "../../../operators/training/sgd.ts";
import { amongLevels } from "../../support/amongLevels.ts";
import { allClose, sameBits } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { testScope } from "../../support/testScope.ts";
import { updating } from "../../support/updating.ts";

const test = suite("direct");

const levels = Float32Array.of(-1, 0, 0.5, 2);

/** Places and pressures after steps with these gradients, at a rate of 1. */
const after = (level: readonly number[], ...gradients: readonly (readonly number[])[]) => {
  const chosen = { level: Float32Array.from(level), pressure: new Float32Array(level.length) };
  for (const gradient of gradients)
    descendLevels(chosen, Float32Array.from(gradient), levels, { rate: 1, weightDecay: 0 });
  return [[...chosen.level], [...chosen.pressure]];
};

test("worked: half a gap of pressure moves a weight by one level, and is spent", () => {
  // Gaps are 1, 1/2 and 3/2; a gradient pushes the other way.
  assert.equal(after([0, 1, 1, 2], [-0.5, -0.25, 0.5, -0.75]), [
    [1, 2, 0, 3],
    [0, 0, 0, 0],
  ]);
  assert.equal(after([0, 1, 1, 2], [-0.375, -0.125, 0.375, -0.625]), [
    [0, 1, 1, 2],
    [0.375, 0.125, -0.375, 0.625],
  ]);
});

test("pressure adds up over steps, and gradients of both signs cancel; nobody moves farther than one level", () => {
  assert.equal(after([0, 0], [-0.25, -0.375], [-0.25, 0.375]), [
    [1, 0],
    [0, 0],
  ]);
  assert.equal(after([0, 3], [-100, 100]), [
    [1, 2],
    [0, 0],
  ]);
});

test("behind the outermost levels no pressure adds up", () =>
  assert.equal(after([0, 3], [7, -7], [-0.25, 0.5]), [
    [0, 3],
    [0.25, -0.5],
  ]));

test("decay pushes a weight towards 0, by its level", () => {
  const chosen = { level: Float32Array.of(3, 0), pressure: new Float32Array(2) };
  descendLevels(chosen, Float32Array.of(0, 0), levels, { rate: 0.5, weightDecay: 0.25 });
  assert.equal([...chosen.pressure], [-0.25, 0.125]);
});

test("a level goes at most a third of the way to a neighbour, and as far outside as it likes", () => {
  const moved = Float32Array.of(-9, 4, -3, 9);
  limitLevels(moved, levels);
  allClose(moved, [-9, 1 / 6, 1 / 3, 9], 1e-7);
  const free = Float32Array.of(-1.1, 0.1, 0.4, 2.1);
  limitLevels(free, levels);
  allClose(free, [-1.1, 0.1, 0.4, 2.1], 1e-7);
});

test("weights are levels from the start, the nearest ones, before there was a gradient", () => {
  const { scope, weights, places } = amongLevels([-0.6, -0.4, 0.3, 7], [...levels]);
  updating(direct({ rate: constantRate(1) }), scope);
  assert.equal([...weights()], [-1, 0, 0.5, 2]);
  assert.equal([...places()], [0, 1, 2, 3]);
});

test("momentum sums up: weights are pressed by rate / (1 - momentum), at once", () => {
  const { scope, weights, pressure } = amongLevels([0, 0], [...levels]);
  const run = updating(direct({ rate: constantRate(0.125), momentum: 0.75 }), scope);
  run(0, (values) => (values.length === 2 ? [-0.25, -0.5] : [0, 0, 0, 0]));
  assert.equal([...weights()], [0, 0.5]);
  assert.equal([...pressure()], [0.125, 0]);
});

test("whatever the gradients are, weights are levels after each step, and levels stay in order", () =>
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 5, maxLength: 5 }),
      fc.array(fc.array(fc.constantFrom(0, 1e-9, -0.3, 2, -1e6), { minLength: 9, maxLength: 9 }), {
        minLength: 4,
        maxLength: 4,
      }),
      fc.constantFrom(1, 0.1),
      (first, gradients, rate) => {
        const { scope, ...now } = amongLevels(first, [...levels]);
        const run = updating(direct({ rate: constantRate(rate), momentum: 0.5, weightDecay: 0.01 }), scope);
        for (const [step, gradient] of gradients.entries()) {
          run(step, (values) => (values.length === 5 ? gradient.slice(0, 5) : gradient.slice(5)));
          const places = [...now.places()];
          assert.equal(
            [...now.weights()],
            places.map((k) => now.levels()[k]),
          );
          assert.ok(places.every((k) => Number.isInteger(k) && k >= 0 && k < 4));
          for (let k = 1; k < 4; k++) assert.ok(now.levels()[k - 1]! <= now.levels()[k]!);
        }
      },
    ),
  ));

test("the order in which weights and levels hear of their gradients changes no bit", () => {
  const ended = (isTurned: boolean) => {
    const { scope, ...now } = amongLevels([-0.9, 0.1, 0.4, 1.5, 0.2], [...levels]);
    const { parameters } = scope;
    const listed = () => (isTurned ? [...parameters.list()].reverse() : parameters.list());
    const run = updating(direct({ rate: constantRate(1) }), {
      ...scope,
      parameters: { ...parameters, list: listed },
    });
    for (const step of [0, 1, 2])
      run(step, (values) => (values.length === 5 ? [0.24, -0.24, 0.26, 0.7, -0.2] : [0.1, -0.1, 0.1, 0.3]));
    return [now.weights(), now.levels(), now.pressure()].map((values) => [...values]);
  };
  assert.equal(ended(true), ended(false));
});

test("weights without levels, and biases, learn by gradient descent with its momentum", () => {
  const [a, b] = [testScope(), testScope()];
  const options = { rate: constantRate(0.1), momentum: 0.9, weightDecay: 0.01 };
  const values = [a, b].map(({ parameters }) =>
    (["weight", "bias"] as const).map((kind) =>
      elements(parameters.create(kind, kind, [2], (first) => first.set([1, -2])).value),
    ),
  );
  const [one, other] = [updating(direct(options), a), updating(sgd(options), b)];
  for (let step = 0; step < 3; step++) {
    one(step, [0.1, -0.2]);
    other(step, [0.1, -0.2]);
  }
  sameBits(values[0]![0]!, values[1]![0]!);
  sameBits(values[0]![1]!, values[1]![1]!);
});

test("a momentum of 1 is refused, since its sum has no end", () =>
  assert.throws(
    () => direct({ rate: constantRate(0.1), momentum: 1 }),
    /^direct: a momentum of 1, expected a number below 1; 0\.9 is usual/,
  ));

test.run();
