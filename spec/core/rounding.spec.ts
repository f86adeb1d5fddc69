import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { roundHalfEven, roundHalfEvenSmall, roundStochastic } from "../../core/rounding.ts";
import { forAll } from "../support/lawful.ts";

const test = suite("rounding");

test("roundHalfEven sends ties to the even neighbour, where Math.round sends them up", () => {
  const cases = [
    [-2.5, -2],
    [-1.5, -2],
    [-0.5, 0],
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [126.5, 126],
    [127.5, 128],
  ] as const;
  for (const [x, expected] of cases) assert.is(roundHalfEven(x) + 0, expected, `of ${x}`);
});

test("roundHalfEven is never further than a half, and keeps whole numbers", () => {
  forAll(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (x) => {
    assert.ok(Math.abs(roundHalfEven(x) - x) <= 0.5);
    assert.ok(Number.isInteger(roundHalfEven(x)));
  });
  forAll(fc.integer(), (n) => assert.is(roundHalfEven(n), n));
});

test("roundHalfEvenSmall is the same below 2^51", () => {
  forAll(fc.double({ min: -(2 ** 51), max: 2 ** 51, noNaN: true }), (x) =>
    assert.is(roundHalfEvenSmall(x), roundHalfEven(x) + 0),
  );
  for (let n = -9; n < 9; n++)
    for (const x of [n, n + 0.5, n + 0.49999999999999994])
      assert.is(roundHalfEvenSmall(x), roundHalfEven(x) + 0);
});

test("roundHalfEven does not fall for the number just below a half", () => {
  assert.is(roundHalfEven(0.49999999999999994), 0);
  assert.is(roundHalfEven(2251799813685249.5), 2251799813685250);
});

test("roundHalfEven keeps what is not a number to round", () => {
  assert.is(roundHalfEven(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
  assert.is(roundHalfEven(Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY);
  assert.ok(Number.isNaN(roundHalfEven(Number.NaN)));
});

test("roundStochastic is floor(x + u) wherever that is no tie", () => {
  const cases = fc.tuple(
    fc.double({ min: -300, max: 300, noNaN: true }),
    fc.integer({ min: 0, max: 65535 }).map((h) => (h + 0.5) / 65536),
  );
  forAll(
    cases.filter(([x, u]) => (x + u) % 1 !== 0),
    ([x, u]) => assert.is(roundStochastic(x, u) + 0, Math.floor(x + u) + 0),
  );
});

test("roundStochastic never moves a whole number", () => {
  forAll(fc.tuple(fc.integer({ min: -256, max: 256 }), fc.integer({ min: 0, max: 65535 })), ([n, h]) =>
    assert.is(roundStochastic(n, (h + 0.5) / 65536), n),
  );
});

test("roundStochastic of the test vector in docs/methods.md section 0", () => {
  const x = [-0.9, -0.2, 0, 0.35, 1.7];
  const u = [0.9, 0.1, 0.5, 0.3, 0.7];
  const scale = 1.7 / 7;
  assert.equal(
    x.map((value, i) => roundStochastic(value / scale, u[i] as number) + 0),
    [-3, -1, 0, 1, 7],
  );
});

test.run();
