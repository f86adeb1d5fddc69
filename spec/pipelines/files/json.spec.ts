/** @file JSON of a run: every number comes back to the bit, and every text as the text that it was. */

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeJson, encodeJson } from "../../../pipelines/files/json.ts";

const test = suite("JSON of a run");

/** Deeply the same, with -0 and NaN told apart. */
const same = (a: unknown, b: unknown): boolean => {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return Object.is(a, b);
  const [mine, others] = [Object.entries(a), Object.entries(b)];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    mine.length === others.length &&
    mine.every(([name, value], i) => others[i]![0] === name && same(value, others[i]![1]))
  );
};

const comesBack = (value: unknown): void => {
  const decoded = decodeJson(encodeJson(value));
  assert.ok(E.isRight(decoded) && same(decoded.right, value), encodeJson(value));
};

test("infinity, NaN and -0 are written as texts that Number reads", () => {
  assert.is(
    encodeJson([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0, 0, 1.5]),
    '["Infinity","-Infinity","NaN","-0",0,1.5]',
  );
  for (const number of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0])
    assert.ok(Object.is(Number(JSON.parse(encodeJson(number))), number));
});

test("a text that reads like a number stays a text", () => {
  for (const text of ["Infinity", "-0", "\\NaN", "\\\\-Infinity", "NaN ", "infinity", "0", "\\"])
    comesBack({ text });
});

test("whatever a run can say comes back to the bit", () =>
  fc.assert(
    fc.property(
      fc
        .jsonValue({ noUnicodeString: false })
        .chain((json) =>
          fc.tuple(fc.constant(json), fc.array(fc.double()), fc.constantFrom("NaN", "\\-0", "a")),
        ),
      ([json, doubles, text]) => comesBack({ json, doubles, [text]: text }),
    ),
    { seed: 11 },
  ));

test("what is no JSON, also for its depth, is said and not thrown", () => {
  for (const text of ["", "{", "Infinity", "[".repeat(1e5) + "]".repeat(1e5)])
    assert.ok(E.isLeft(decodeJson(text)), text.slice(0, 10));
});

test.run();
