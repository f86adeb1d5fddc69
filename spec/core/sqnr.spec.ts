import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sqnrOf } from "../../core/sqnr.ts";
import { close } from "../support/close.ts";

const test = suite("core/sqnr");

test("ten times more signal than noise are 10 dB", () => {
  assert.is(sqnrOf(10, 1), 10);
  assert.is(sqnrOf(1, 10), -10);
  close(sqnrOf(4, 1), 6.0206, 1e-4);
});

test("nothing lost is infinite: also what float32 rounds of each element, but no step of 16 bits", () => {
  assert.is(sqnrOf(4, 0), Number.POSITIVE_INFINITY);
  assert.is(sqnrOf(0, 0), Number.POSITIVE_INFINITY);
  const x = Math.fround(0.1);
  const off = x * 2 ** -24;
  assert.is(sqnrOf(x ** 2, off ** 2), Number.POSITIVE_INFINITY);
  // A uniform tensor on 2^16 levels: 6.02 dB a bit.
  const step = 2 / 2 ** 16;
  close(sqnrOf(1 / 3, step ** 2 / 12), 16 * 20 * Math.log10(2), 1e-9);
});

test("a tensor of zeros that comes to be something is all noise", () => {
  assert.is(sqnrOf(0, 1), Number.NEGATIVE_INFINITY);
});

test.run();
