/** @file Learned levels of weights, which are reconstructed, not reproduced: where they begin, nearest ones, gradients, and odd weights. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dense } from "../../../operators/layers/dense.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { directLevels } from "../../../quantizers/learned/directLevels.ts";
import { lloydLevels, nearestLevels } from "../../../quantizers/learned/levels.ts";
import { allClose, close, sameBits } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { gaussian } from "../../support/tensors.ts";
import {
  batch,
  built,
  gradientsOf,
  opened,
  outcome,
  pulledBack,
  quantizing,
  seenOf,
  testScope,
} from "../../support/testScope.ts";

const test = suite("directQuantization, weights");

const normal = Float32Array.from(elements(gaussian([1, 1, 1, 20_000], "levels")));
const finite = fc.float({ min: -1e6, max: 1e6, noNaN: true, noDefaultInfinity: true });

test("first levels of normal weights are those of Lloyd and Max: 0.4528 and 1.510 deviations at 2 bits", () =>
  allClose(lloydLevels(normal, 4), [-1.51, -0.4528, 0.4528, 1.51], 0.04));

test("each first level is the mean of the weights that are nearest to it", () =>
  fc.assert(
    fc.property(fc.array(finite, { minLength: 16, maxLength: 40 }), (given) => {
      const x = Float32Array.from(given);
      const levels = lloydLevels(x, 4);
      const places = nearestLevels(x, levels);
      // Levels that would have been the same stand 2^-12 of the largest weight apart, and 1e-8 at least.
      const gap = Math.max(2 ** -12 * Math.max(...x.map(Math.abs)), 1e-8);
      for (let k = 0; k < 4; k++) {
        const mine = [...x].filter((_, i) => places[i] === k);
        if (mine.length === 0) continue;
        const mean = mine.reduce((sum, one) => sum + one, 0) / mine.length;
        close(levels[k]!, mean, 4 * gap);
      }
    }),
    { examples: [[[...new Array(15).fill(0), -1e-11]]] },
  ));

test("no two first levels are the same, for few, zero, constant and no weights at all", () => {
  for (const x of [[], [0, 0], [3, 3, 3], [-1, 5], [1e-30]])
    for (const count of [4, 256]) {
      const levels = lloydLevels(Float32Array.from(x), count);
      assert.is(levels.length, count);
      for (let k = 1; k < count; k++) assert.ok(levels[k]! > levels[k - 1]!, `${x}, ${k}`);
    }
});

test("the nearest level is as near as any, and of two the lower one", () => {
  assert.equal(
    [...nearestLevels(Float32Array.of(-0.5, 0.5, Number.NaN), Float32Array.of(-1, 0, 1))],
    [0, 1, 0],
  );
  fc.assert(
    fc.property(fc.array(finite, { minLength: 2, maxLength: 9 }), finite, (given, x) => {
      const levels = Float32Array.from(given).sort();
      const [place] = nearestLevels(Float32Array.of(x), levels);
      const distance = Math.abs(levels[place!]! - Math.fround(x));
      assert.ok(levels.every((level) => distance <= Math.abs(level - Math.fround(x)) * (1 + 1e-12)));
    }),
  );
});

test("gradients of levels are those of the loss, by finite differences, times 2^bits / N", () => {
  const w = normal.subarray(0, 50);
  const dy = normal.subarray(50, 100);
  const levels = Float32Array.of(-1.25, -0.5, 0.375, 1.5);
  const lossAt = (at: Float32Array): number =>
    directLevels()
      .transform(w, { bits: 2, outputs: 1, learned: [at] })
      .values.reduce((sum, value, i) => sum + value * dy[i]!, 0);
  const { dw, learned } = directLevels()
    .transform(w, { bits: 2, outputs: 1, learned: [levels] })
    .pullback(dy);
  const h = 2 ** -10;
  levels.forEach((_, k) => {
    const [above, below] = [h, -h].map((by) => lossAt(levels.map((one, j) => (j === k ? one + by : one))));
    close((learned![0]![k]! * 50) / 4, (above! - below!) / (2 * h), 1e-3);
  });
  sameBits(dw, dy);
});

test("levels that have crossed are taken in order, and each has its own gradient", () => {
  const w = Float32Array.of(-1, 0.2, 0.9, 5);
  const found = directLevels().transform(w, { bits: 2, outputs: 1, learned: [Float32Array.of(1, -1, 5, 0)] });
  assert.equal([...found.values], [-1, 0, 1, 5]);
  assert.equal(found.range, { lo: -1, hi: 5 });
  assert.equal([...found.pullback(Float32Array.of(2, 3, 5, 7)).learned![0]!], [5, 2, 7, 3]);
});

test("weights farther outside than half a gap count as clipped", () => {
  const learned = [Float32Array.of(-1, 0, 1, 3)];
  const clipped = (...w: number[]) =>
    directLevels().transform(Float32Array.from(w), { bits: 2, outputs: 1, learned }).clipped;
  assert.is(clipped(-1.5, 4, 0.5), 0);
  assert.is(clipped(-1.51, 4.01, 0.5), 2);
});

test("with 32 bits weights are as they are, and nothing is learned", () => {
  const found = directLevels().transform(normal, { bits: 32, outputs: 1 });
  sameBits(found.values, normal);
  assert.equal(directLevels().learns!(32), []);
});

test("infinite weights and NaN take a level, with finite gradients", () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const learned = [Float32Array.of(-1, 0, 1, 3)];
  const w = Float32Array.of(nan, infinity, -infinity);
  const found = directLevels().transform(w, { bits: 2, outputs: 1, learned });
  assert.equal([...found.values], [0, 3, -1]);
  assert.ok(found.pullback(Float32Array.of(1, 1, 1)).learned![0]!.every(Number.isFinite));
});

test("its site learns levels beside the weights, and says the outermost ones as its range", () => {
  const scope = testScope({
    shape: [1, 1, 6],
    quantizer: quantizing(currentMinMax(), { bits: 3, transform: directLevels() }),
  });
  const run = opened(built(dense("dense", { units: 5, bias: false }), scope).layer);
  const signals = run(batch(gaussian([2, 1, 1, 6], "x")));
  const out = outcome(signals);
  const paths = gradientsOf(pulledBack(out, gaussian(out.x.shape, "dy"))).map(
    ({ parameter }) => parameter.path,
  );
  assert.equal(paths.sort(), ["dense/weight", "dense/weight/levels"]);
  const levels = elements(scope.parameters.find("dense/weight/levels")!.value);
  assert.is(levels.length, 8);
  const [seen] = seenOf(signals);
  assert.is(seen!.estimator, "quantizer directQuantization");
  assert.equal(seen!.range, { lo: levels[0], hi: levels[7] });
});

test.run();
