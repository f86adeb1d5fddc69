import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { realIn, wholeIn } from "../../core/numberText.ts";

const test = suite("numbers in texts");

const nonsense = [
  "",
  " ",
  " 8",
  "8 ",
  "0x8",
  "0b1",
  "0o7",
  "08",
  "-08",
  "8n",
  "1_000",
  "1,5",
  "eight",
  "NaN",
  "∞",
];

test("what is no decimal number is none, whatever JavaScript makes of it", () => {
  for (const text of [...nonsense, "Infinity", ".", "e5", "1e", "--1", "08.5"]) {
    assert.equal(wholeIn(text), Number.NaN, `"${text}"`);
    assert.equal(realIn(text), Number.NaN, `"${text}"`);
  }
});

test("an integer has neither point nor exponent", () => {
  for (const text of ["8e0", "8.0", "8.", "1e3"]) assert.equal(wholeIn(text), Number.NaN, text);
  for (const [text, value] of [
    ["0", 0],
    ["8", 8],
    ["-12", -12],
    ["4294967296", 2 ** 32],
  ] as const)
    assert.is(wholeIn(text), value);
});

test("a real number has a point or an exponent where it needs one", () => {
  for (const [text, value] of [
    ["0.02", 0.02],
    [".5", 0.5],
    ["1e-3", 0.001],
    ["-1E+2", -100],
    ["3.", 3],
  ] as const)
    assert.is(realIn(text), value);
});

test("every number that JavaScript prints is read back", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => realIn(String(x)) === x),
    { seed: 1 },
  );
  fc.assert(
    fc.property(fc.maxSafeInteger(), (x) => wholeIn(String(x)) === x),
    { seed: 1 },
  );
});

test.run();
