/** @file The worked numbers of the log barrier (docs/methods.md section 4), and its continuity. */

import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { extendedLogBarrier, growingSharpness, twoSidedBarrier } from "../../core/logBarrier.ts";
import { forAll } from "../support/lawful.ts";

const test = suite("logBarrier");
const close = (found: number, wanted: number, digits = 6): void =>
  assert.ok(Math.abs(found - wanted) <= 0.5 * 10 ** -digits, `${found} is not ${wanted}`);

test("values and slopes on both sides of the junction at -1 / t^2", () => {
  close(extendedLogBarrier(5, -0.5).value, 0.138629);
  close(extendedLogBarrier(5, -0.5).slope, 0.4);
  close(extendedLogBarrier(5, -0.04).value, 0.643775);
  close(extendedLogBarrier(5, -0.04).slope, 5);
  close(extendedLogBarrier(5, -0.04 + 1e-12).slope, 5);
  close(extendedLogBarrier(5, -0.01).value, 0.793775);
  close(extendedLogBarrier(5, 0.2).value, 1.843775);
  close(extendedLogBarrier(1, -0.5).value, 0.5);
  close(extendedLogBarrier(5.5, 0.2).value, 1.901727);
});

test("z of 0 and above takes the linear branch, never the logarithm of 0", () => {
  close(extendedLogBarrier(5, 0).value, 0.843775);
  assert.is(extendedLogBarrier(5, 0).slope, 5);
});

test("both sides of a bound: the worked weights", () => {
  const found = [0.3, -0.95, 1.2].map((w) => twoSidedBarrier(5, 1, w));
  close(
    found.reduce((sum, { value }) => sum + value, 0),
    2.170526,
  );
  [0.131868, -3.897436, 4.909091].forEach((slope, i) => {
    close(found[i]!.slope, slope);
  });
});

test("the slope is the derivative of the value", () => {
  const cases = fc.tuple(
    fc.double({ min: 0.5, max: 8, noNaN: true }),
    fc.double({ min: -3, max: 3, noNaN: true }),
  );
  forAll(cases, ([t, x]) => {
    const h = 1e-6;
    const junction = Math.min(Math.abs(Math.abs(x) - 1 + 1 / t ** 2), 1);
    if (junction < 1e-4) return;
    const rise = (twoSidedBarrier(t, 1, x + h).value - twoSidedBarrier(t, 1, x - h).value) / (2 * h);
    assert.ok(Math.abs(rise - twoSidedBarrier(t, 1, x).slope) < 1e-4 * (1 + Math.abs(rise)));
  });
});

test("it does not scale with values and bound together, unlike ranges do", () => {
  const [one, two] = [1, 2].map((k) => twoSidedBarrier(5, k, 0.5 * k).value);
  // Each side is lower by log(2) / 5.
  close(two! - one!, (-2 * Math.log(2)) / 5);
});

test("t grows by its factor once a period", () => {
  const t = growingSharpness(5, 1.1, 10);
  assert.equal([0, 9, 10, 25].map(t), [5, 5, 5.5, 5 * 1.1 ** 2]);
});

test.run();
