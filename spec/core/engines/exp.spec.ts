/** @file Powers of e on every engine: the bits of `core/elementary/exp.ts`, at all sizes, ends and edges. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exp } from "../../../core/elementary/exp.ts";
import { key, uniform } from "../../../core/random.ts";
import { allEngines } from "../../support/allEngines.ts";

const test = suite("exp on engines");

/** Numbers around each of some, as neighbours in float64. */
const around = (x: number): readonly number[] => [x * (1 - 2 ** -53), x, x * (1 + 2 ** -52)];

const [half, oneAndAHalf] = [0.3465735912322998, 1.0397205352783203];

const edges = [
  ...[0, -0, 1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 5e-324, -5e-324, 1e308],
  ...[707, 709.782712893384, 745.1332191019411, 708.4, 2 ** -28, half, oneAndAHalf, Math.LN2, 1.5 * Math.LN2]
    .flatMap((x) => [x, -x])
    .flatMap(around),
];

const stream = key(3);
const spread = (i: number): number =>
  (uniform(stream, 3 * i) - 0.5 + uniform(stream, 3 * i + 1) * 2 ** -32) *
  2 ** Math.floor(42 * uniform(stream, 3 * i + 2) - 30);

/** Of an odd length, so that one number stands alone; each edge beside a common number, and beside another edge. */
const numbers = Float64Array.from([
  ...Array.from({ length: 30_001 }, (_, i) => spread(i)),
  ...edges.flatMap((x) => [x, -0.7]),
  ...edges,
]);

for (const [engine] of await allEngines([true, false]))
  test(`${engine.backend}: ${numbers.length} numbers, and a few`, () => {
    const found = numbers.slice();
    engine.exp(found);
    const other = found.findIndex((y, i) => !Object.is(y, exp(numbers[i]!)));
    assert.is(other, -1, `exp(${numbers[other]}) is ${found[other]}`);
    for (const count of [0, 1, 2, 3]) {
      const few = Float64Array.of(5, 0.5, -1, 2).subarray(0, count);
      engine.exp(few);
      assert.equal([...few], [5, 0.5, -1].slice(0, count).map(exp));
    }
  });

test.run();
