/** @file Equality to the bit of what passes leave behind: 0 is not -0, and NaN is NaN. */

import * as assert from "uvu/assert";
import { expectSync } from "../../core/eventual.ts";
import type { PassResult } from "../../core/pass.ts";
import { elements } from "./elements.ts";

export type Numbers = ArrayLike<number>;

export const sameNumbers = (what: string, actual: Numbers, expected: Numbers): void => {
  assert.is(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++)
    if (!Object.is(actual[i], expected[i]))
      assert.unreachable(`${what}[${i}]: ${actual[i]}, expected ${expected[i]}`);
};

export const sameResult = (actual: PassResult, expected: PassResult): void => {
  assert.equal(Object.keys(actual).sort(), Object.keys(expected).sort());
  const { stored, codes, gradientMask, clipped } = expected;
  const [range, foundRange] = [expectSync(expected.range), expectSync(actual.range)];
  const [channelSums, foundSums] = [expectSync(expected.channelSums), expectSync(actual.channelSums)];
  if (stored) sameNumbers("stored", elements(actual.stored as typeof stored), elements(stored));
  if (codes) sameNumbers("codes", elements(actual.codes as typeof codes), elements(codes));
  if (gradientMask)
    sameNumbers("gradientMask", elements(actual.gradientMask as typeof gradientMask), elements(gradientMask));
  assert.is(actual.clipped, clipped);
  if (range && foundRange) sameNumbers("range", Object.values(foundRange), Object.values(range));
  if (channelSums && foundSums) {
    sameNumbers("first", foundSums.first, channelSums.first);
    sameNumbers("second", foundSums.second, channelSums.second);
  }
};
