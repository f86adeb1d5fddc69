import { suite } from "uvu";
import * as assert from "uvu/assert";
import { adaFlLevels, trainingLosses } from "../../../quantizers/projections/adaFlLevels.ts";
import { qsgd } from "../../../quantizers/projections/qsgd.ts";
import { allClose } from "../../support/close.ts";
import { given, noiseOf, valuesBy } from "../../support/projecting.ts";

const test = suite("qsgd");

test("the numbers of docs/methods.md 7.5: norm 5.099020, and how often each of four levels goes up", () => {
  const v = [3, -4, 0, 1];
  const step = 5.09902 / 4;
  const at = (offset: number) => {
    // Element by element just below and just above 1 - P(up).
    const up = [0.353394, 0.137858, 0, 0.784465].map((p) => Math.min(1 - p + offset, 0.99999));
    return valuesBy(qsgd({ levels: 4 }), v, { noise: given(...up) });
  };
  allClose(at(-2e-6), [2 * step, -3 * step, 0, 0], 2e-6);
  allClose(at(2e-6), [3 * step, -4 * step, 0, step], 2e-6);
});

test("levels follow the bits unless given; buckets have norms of their own", () => {
  const single = (bits: number) => valuesBy(qsgd(), [3, 4], { bits, noise: given(0.5, 0.5) });
  allClose(single(3), [5 * (2 / 3), 5 * (2 / 3)], 1e-6);
  allClose(single(8), [(5 * 76) / 127, (5 * 102) / 127], 1e-6);
  assert.equal(valuesBy(qsgd({ bucket: 1 }), [3, -0.25, 0], { noise: noiseOf(1) }), [3, -0.25, 0]);
});

test("AdaQuantFL's levels at losses 2.3, 1.15, 0.575 and 0.23 are 2, 3, 4 and 7; at none, the most", () => {
  const levels = (recent: number) => adaFlLevels({ first: 2.3, recent }, { most: 50 });
  assert.equal([2.3, 1.15, 0.575, 0.23, 1e-9, 0].map(levels), [2, 3, 4, 7, 50, 50]);
  assert.is(adaFlLevels(undefined, { start: 3 }), 3);
  assert.is(adaFlLevels({ first: 0, recent: 1 }), 1);
});

test("with the adaptive schedule there are as many levels as the losses say, and no more than the bits hold", () => {
  const noise = given(0.5, 0.5);
  const at = (recent: number, bits: number) =>
    valuesBy(qsgd({ schedule: "adaptive" }), [3, 4], {
      bits,
      noise,
      quantities: [trainingLosses.given(() => ({ first: 2.3, recent }))],
    });
  const fixed = (levels: number) => valuesBy(qsgd({ levels }), [3, 4], { noise });
  assert.equal(valuesBy(qsgd({ schedule: "adaptive" }), [3, 4], { noise }), fixed(2));
  assert.equal(at(1.15, 8), fixed(3));
  assert.equal(at(0.23, 8), fixed(7));
  assert.equal(at(0.23, 3), fixed(3));
});

test.run();
