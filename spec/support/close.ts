/** @file Numbers that should be equal: to the bit, or up to a tolerance that the spec states. */
import * as assert from "uvu/assert";

/** Fails at the first element that is not the very same number (NaN is itself, -0 is not 0). */
export const sameBits = (actual: ArrayLike<number>, expected: ArrayLike<number>, what = "element"): void => {
  assert.is(actual.length, expected.length, `${what}: ${actual.length} numbers, expected ${expected.length}`);
  for (let i = 0; i < expected.length; i++)
    if (!Object.is(actual[i], expected[i]))
      assert.unreachable(`${what} ${i} is ${actual[i]}, expected ${expected[i]}`);
};

/** Fails at the first element that is further than `tolerance` from the expected one. */
export const allClose = (
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = "element",
): void => {
  assert.is(actual.length, expected.length, `${what}: ${actual.length} numbers, expected ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(distance <= tolerance))
      assert.unreachable(`${what} ${i} is ${actual[i]}, expected ${expected[i]} within ${tolerance}`);
  }
};

/** The same for one number. */
export const close = (actual: number, expected: number, tolerance: number, what = "number"): void =>
  allClose([actual], [expected], tolerance, what);
