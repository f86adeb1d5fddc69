import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ceilLog2, floorLog2, nearestLog2, roundLog2 } from "../../core/powers.ts";

const test = suite("powers of two");

test("around every power of a float64, the power below and above it", () => {
  for (let k = -1000; k <= 1000; k++) {
    const power = 2 ** k;
    const [below, above] = [power * (1 - 2 ** -53), power * (1 + 2 ** -52)];
    assert.equal([below, power, above].map(floorLog2), [k - 1, k, k]);
    assert.equal([below, power, above].map(ceilLog2), [k, k, k + 1]);
  }
});

test("the nearest one: half way in distance, or in ratio", () => {
  assert.equal([4, 5.99, 6, 8, 1.49, 1.5].map(nearestLog2), [2, 2, 3, 3, 0, 1]);
  assert.equal([4, 5.65, 5.66, 8, 0.3].map(roundLog2), [2, 2, 3, 3, -2]);
});

test.run();
