/** @file Equality to the bit of what passes leave behind: 0 is not -0, and NaN is NaN. Bytes moved are each engine's own. */
import * as assert from "uvu/assert";
import type { PassResult } from "../../core/pass.ts";
import { elements } from "../../core/tensor.ts";

export type Numbers = ArrayLike<number>;

export const sameNumbers = (what: string, actual: Numbers, expected: Numbers): void => {
  assert.is(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++)
    if (!Object.is(actual[i], expected[i]))
      assert.unreachable(`${what}[${i}]: ${actual[i]}, expected ${expected[i]}`);
};

export const sameResult = (actual: PassResult, expected: PassResult): void => {
  assert.equal(Object.keys(actual).sort(), Object.keys(expected).sort());
  const { stored, codes, inside, range, clipped, channelSums } = expected;
  if (stored) sameNumbers("stored", elements(actual.stored as typeof stored), elements(stored));
  if (codes) sameNumbers("codes", elements(actual.codes as typeof codes), elements(codes));
  if (inside) sameNumbers("inside", elements(actual.inside as typeof inside), elements(inside));
  assert.is(actual.clipped, clipped);
  if (range && actual.range) sameNumbers("range", Object.values(actual.range), Object.values(range));
  if (channelSums && actual.channelSums) {
    sameNumbers("first", actual.channelSums.first, channelSums.first);
    sameNumbers("second", actual.channelSums.second, channelSums.second);
  }
};
