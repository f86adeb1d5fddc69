/** @file Plain data with arrays of numbers come out of their bytes as they went in. */
import { deepStrictEqual } from "node:assert";
import fc from "fast-check";
import { suite } from "uvu";
import { packed, unpacked } from "../../../pipelines/views/packed.ts";

const test = suite("views/packed");

const leaf = fc.oneof(
  fc.double(),
  fc.string({ unit: "grapheme" }),
  fc.boolean(),
  fc.constant(null),
  fc.float64Array(),
  fc.float32Array(),
  fc.uint32Array(),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    leaf,
    fc.array(tie("value")),
    fc.dictionary(fc.constantFrom("a", "b", "__c"), tie("value"), { noNullPrototype: true }),
  ),
}));

test("whatever is packed is unpacked, NaN, infinity and -0 too, wherever the bytes begin", () => {
  fc.assert(
    fc.property(value, fc.integer({ min: 0, max: 7 }), (one, shift) => {
      const bytes = packed(one);
      const moved = new Uint8Array(bytes.length + shift);
      moved.set(bytes, shift);
      deepStrictEqual(unpacked(moved.subarray(shift)), one);
    }),
  );
});

test.run();
