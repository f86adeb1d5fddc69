import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";

const test = suite("getOrThrow");

const [one, other] = [problem("--a", "1", "2"), problem("--b", "3", "4")];

test("a right value is what it gives, also undefined and an array", () => {
  assert.is(getOrThrow(E.right(undefined)), undefined);
  assert.equal(getOrThrow(E.right([one])), [one]);
});

test("a left value is thrown: one problem, or all of several", () => {
  for (const [left, problems] of [
    [one, [one]],
    [
      [one, other],
      [one, other],
    ],
  ] as const)
    try {
      getOrThrow(E.left(left));
      assert.unreachable();
    } catch (error) {
      assert.instance(error, RangeflowFailure);
      assert.equal((error as RangeflowFailure).problems, problems);
    }
});

test.run();
