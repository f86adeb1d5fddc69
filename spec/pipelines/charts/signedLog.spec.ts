/** @file A signed logarithmic axis: powers of ten where there is room for them, and 0, whatever the numbers are. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { apart } from "../../../pipelines/charts/endLabels.ts";
import { axisText, signedLog, signedLogPlace, signedLogValue } from "../../../pipelines/charts/signedLog.ts";

const test = suite("charts/signedLog");

/** Places of ticks in pixels. */
const placesOf = (values: readonly number[], domain: readonly [number, number], pixels: number) => {
  const { constant, ticks } = signedLog(values, domain, pixels);
  const [from, to] = domain.map((x) => signedLogPlace(x, constant)) as [number, number];
  return ticks.map((x) => ((signedLogPlace(x, constant) - from) / (to - from)) * pixels);
};

test("small gradients beside large ones have decades of their own, on both sides of 0", () => {
  const values = [-1e-2, -1e-5, 1e-5, 1e-2];
  const { constant, ticks } = signedLog(values, [-1e-2, 1e-2], 250);
  assert.is(constant, 1e-5);
  assert.equal(ticks, [-0.01, -0.001, -1e-4, 0, 1e-4, 0.001, 0.01]);
});

test("one decade alone has 1, 2 and 5", () =>
  assert.equal(signedLog([1, 2, 3], [0, 3], 250).ticks, [0, 0.1, 0.2, 0.5, 1, 2]));

test("labels lie a line apart, and 0 is one of them where the axis has it", () => {
  const cases: readonly (readonly [readonly number[], readonly [number, number]])[] = [
    [
      [-1e-30, 1e30],
      [-1e-30, 1e30],
    ],
    [
      [1e-7, 1e-3, 4],
      [-4, 4],
    ],
    [
      [0.3, 0.4],
      [0, 0.4],
    ],
    [
      [-5e-324, 5e-324],
      [-5e-324, 5e-324],
    ],
    [
      [Number.NaN, Number.POSITIVE_INFINITY, 0],
      [-1, 1],
    ],
    [[], [0, 1]],
    [[7], [6.5, 7.5]],
  ];
  for (const [values, domain] of cases)
    for (const pixels of [76, 246, 900]) {
      const places = placesOf(values, domain, pixels);
      const { ticks } = signedLog(values, domain, pixels);
      assert.ok(places.every(Number.isFinite), `${values}: ${ticks}`);
      assert.ok(
        places.every((place, i) => i === 0 || place - places[i - 1]! > 12),
        `${values}: ${ticks}`,
      );
      assert.is(ticks.includes(0), domain[0] <= 0);
    }
});

test("the number at a place is the one whose place it is", () => {
  for (const x of [-3, -1e-9, 0, 1e-5, 12345])
    assert.ok(Math.abs(signedLogValue(signedLogPlace(x, 1e-4), 1e-4) - x) <= 1e-12 * Math.abs(x) + 1e-15);
});

test("numbers of an axis are short", () =>
  assert.equal([0, 0.1 + 0.2, 1.5000000000000002e-7, -1e-5, 120000, -42].map(axisText), [
    "0",
    "0.3",
    "1.5e-7",
    "-1e-5",
    "1.2e5",
    "-42",
  ]));

test("labels that would cover each other are moved apart, in their order and within the chart", () => {
  assert.equal(apart([10, 200], 0, 250), [10, 200]);
  assert.equal(apart([101, 100, 102], 0, 250), [113, 100, 126]);
  assert.equal(apart([250, 249], 0, 250), [250, 237]);
});

test.run();
