/** @file Elementary functions against 90 digits by mpmath (`spec/golden/elementary.json`), their ends, and their bits. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cos } from "../../../core/elementary/cos.ts";
import { cosh } from "../../../core/elementary/cosh.ts";
import { erfc } from "../../../core/elementary/erfc.ts";
import { exp } from "../../../core/elementary/exp.ts";
import { expm1 } from "../../../core/elementary/expm1.ts";
import { upperWord } from "../../../core/elementary/float64.ts";
import { log } from "../../../core/elementary/log.ts";
import { log1p } from "../../../core/elementary/log1p.ts";
import { log10 } from "../../../core/elementary/log10.ts";
import { pow } from "../../../core/elementary/pow.ts";
import { tanh } from "../../../core/elementary/tanh.ts";
import { elementaryBits } from "../../support/elementaryBits.ts";

const test = suite("elementary functions");

/** For each function of one number, the largest error that its documentation admits, in units of the last place. */
const functions: Readonly<Record<string, readonly [(x: number) => number, number]>> = {
  exp: [exp, 1],
  expm1: [expm1, 1],
  tanh: [tanh, 2],
  cosh: [cosh, 2],
  erfc: [erfc, 2],
  log: [log, 1],
  log10: [log10, 2],
  log1p: [log1p, 1],
  cos: [cos, 1],
};

const golden: Readonly<Record<string, readonly (readonly number[])[]>> = JSON.parse(
  readFileSync("spec/golden/elementary.json", "utf8"),
);

/** Distance from a float64 to the next one away from 0. */
const lastPlace = (x: number): number => 2 ** (((upperWord(x) >> 20) & 0x7ff) - 1023 - 52);

const largestError = (name: string, f: (...x: number[]) => number): number =>
  Math.max(
    ...golden[name]!.map((found) => {
      const [nearest, rest] = found.slice(-2) as [number, number];
      return Math.abs((f(...found.slice(0, -2)) - nearest) / lastPlace(nearest) - rest);
    }),
  );

for (const [name, [f, most]] of Object.entries(functions))
  test(`${name}: ${golden[name]!.length} numbers within ${most} of the last place`, () => {
    const error = largestError(name, f as (...x: number[]) => number);
    assert.ok(error > 0 && error < most, `${error}`);
  });

test("pow within 1 of the last place, powers of integers and of roots", () => {
  const error = largestError("pow", pow as (...x: number[]) => number);
  assert.ok(error > 0 && error < 1, `${error}`);
  for (let k = -1074; k <= 1023; k++) assert.is(pow(2, k), 2 ** k);
});

test("the bits are the same on every machine", () => {
  assert.equal(elementaryBits(), {
    exp: "59ba801f",
    expm1: "891b99ca",
    tanh: "da7c6beb",
    cosh: "a734fa8e",
    log: "5888b4e4",
    log10: "13a064c",
    log1p: "7419d442",
    cos: "86dc0dae",
    pow: "d989cd13",
    decays: "e88244b3",
    erfc: "67e3abad",
  });
});

const { POSITIVE_INFINITY: infinity, NaN: nan } = Number;

test("zeros, infinities, NaN and the ends of the range", () => {
  const all = [0, -0, infinity, -infinity, nan];
  assert.equal(all.map(exp), [1, 1, infinity, 0, nan]);
  assert.equal([709.782712893384, 709.7827128933841, -745.13, -745.14, 1].map(exp), [
    1.7976931348622732e308,
    infinity,
    5e-324,
    0,
    Math.E,
  ]);
  assert.equal(all.map(expm1).map(String), ["0", "0", "Infinity", "-1", "NaN"]);
  assert.ok(Object.is(expm1(-0), -0) && Object.is(tanh(-0), -0) && Object.is(log1p(-0), -0));
  assert.equal(all.map(tanh).map(String), ["0", "0", "1", "-1", "NaN"]);
  assert.equal(all.map(cosh), [1, 1, infinity, infinity, nan]);
  assert.equal([...all, 1, -1, 5e-324].map(log), [
    -infinity,
    -infinity,
    infinity,
    nan,
    nan,
    0,
    nan,
    -744.4400719213812,
  ]);
  assert.equal([0, infinity, -1, nan, 1, 1000].map(log10), [-infinity, infinity, nan, nan, 0, 3]);
  assert.equal([infinity, -1, -2, nan, 2 ** 60].map(log1p), [
    infinity,
    -infinity,
    nan,
    nan,
    41.58883083359672,
  ]);
  assert.equal(all.map(erfc), [1, 1, 0, 2, nan]);
  assert.equal(all.map(cos), [1, 1, nan, nan, nan]);
  assert.throws(() => cos(1e6), /internal: the cosine of 1000000/);
});

test("pow at its ends", () => {
  const bases = [0, 0.5, 1, 2, infinity, -1, nan];
  const of = (y: number): readonly number[] => bases.map((x) => pow(x, y));
  assert.equal(of(0), [1, 1, 1, 1, 1, 1, 1]);
  assert.equal(of(2), [0, 0.25, 1, 4, infinity, nan, nan]);
  assert.equal(of(-1), [infinity, 2, 1, 0.5, 0, nan, nan]);
  assert.equal(of(infinity), [0, 0, nan, infinity, infinity, nan, nan]);
  assert.equal(of(-infinity), [infinity, infinity, nan, 0, 0, nan, nan]);
  assert.equal(of(nan), [nan, nan, nan, nan, nan, nan, nan]);
  assert.equal([pow(2, 1024), pow(2, -1075), pow(0.999, 1e9), pow(9, 0.5)], [infinity, 0, 0, 3]);
});

test.run();
