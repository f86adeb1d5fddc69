import { suite } from "uvu";
import * as assert from "uvu/assert";
import { roundHalfEven } from "../../../core/rounding.ts";
import { momentsOf } from "../../../quantizers/moments.ts";
import { normalDensity, normalDistribution } from "../../../quantizers/projections/normal.ts";
import {
  breakOf,
  fittedBreak,
  ontoPieces,
  piecewiseLinear,
} from "../../../quantizers/projections/piecewiseLinear.ts";
import { allClose, close, sameBits } from "../../support/close.ts";
import { valuesBy } from "../../support/projecting.ts";
import { besides, gaussian } from "../../support/tensors.ts";

const test = suite("piecewiseLinear");

test("breaks of normal tensors that reach to 2, 3, 4, 5 deviations, docs/methods.md 7.1: exact, and by the fast fit", () => {
  const at = (rule: (m: number) => number) => [2, 3, 4, 5].map(rule);
  allClose(at(fittedBreak.exact), [0.882359, 1.158328, 1.392032, 1.588933], 5e-7);
  allClose(at(fittedBreak.gaussian), [0.846196, 1.160709, 1.399612, 1.592303], 5e-7);
});

test("four bits, break 0.3, end 1, docs/methods.md 7.1: the last one is clipped", () => {
  const x = Float32Array.of(0.05, -0.2, 0.31, 0.7, -1.2);
  const { values, clipped, gradientMask } = ontoPieces(x, 0.3, 1, { bits: 4, noise: undefined });
  allClose(values, [0.042857, -0.214286, 0.3, 0.7, -1], 5e-7);
  assert.equal([clipped, ...gradientMask!], [1, 1, 1, 1, 1, 0]);
});

test("pieces that are found by the bits of a number are those of the formula, next to the break and the end", () => {
  for (const [p, m] of [
    [0.3, 1],
    [0.5, 1],
    [0.7, 2.9],
    [1e-20, 1e-3],
  ] as const) {
    const x = besides([p, m, p / 2, p / 14, (p + m) / 2, p + (m - p) / 14, m / 3]);
    for (const bits of [2, 4, 8]) {
      const steps = 2 ** (bits - 1) - 1;
      const level = (magnitude: number): number => {
        if (magnitude > m) return m;
        const [first, end] = magnitude <= p ? [0, p] : [p, m];
        const width = (end - first) / steps;
        const code = roundHalfEven((magnitude - first) / width);
        return code < steps ? first + code * width : end;
      };
      sameBits(
        ontoPieces(x, p, m, { bits, noise: undefined }).values,
        x.map((v) => (v < 0 ? 0 - level(-v) : level(Math.abs(v)))),
      );
    }
  }
});

test("released: signed steps of 2 p / 15 inside of the break, as the authors' code has them, and the paper's beyond", () => {
  // Break 0.3, so steps of 0.04 up to 0.28; what lies at the break itself belongs to the outer piece.
  const x = Float32Array.of(0.05, -0.2, 0.27, 0.2999, 0.5, -0.5, 0.31, 0.7, -1.2);
  const { values } = ontoPieces(x, 0.3, 1, { bits: 4, noise: undefined, inner: "released" });
  allClose(values, [0.04, -0.2, 0.28, 0.28, 0.5, -0.5, 0.3, 0.7, -1], 5e-7);
  const atBreak = ontoPieces(Float32Array.of(0.5, -0.5), 0.5, 1, {
    bits: 4,
    noise: undefined,
    inner: "released",
  });
  allClose(atBreak.values, [0.5, -0.5], 0);
});

test("released and paper: at 4 bits about three quarters of a normal tensor become other numbers", () => {
  const x = gaussian([1, 1, 1, 4000], "inner").data;
  const by = (inner: "paper" | "released") =>
    valuesBy(piecewiseLinear({ inner }), x, { role: "weight", bits: 4 });
  const [paper, released] = [by("paper"), by("released")];
  close(paper.filter((v, i) => v !== released[i]).length / x.length, 0.75, 0.1);
});

test("rounded once more to the same pieces, nothing changes", () => {
  const x = gaussian([1, 1, 1, 500], "pieces").data;
  for (const bits of [2, 3, 4, 8]) {
    const once = ontoPieces(x, 0.7, 2.9, { bits, noise: undefined }).values;
    sameBits(ontoPieces(once, 0.7, 2.9, { bits, noise: undefined }).values, once);
    assert.ok(new Set(once).size <= 2 ** (bits + 1) - 3, "two pieces of either sign, and 0");
  }
});

test("each rule has a smaller squared error than equal steps where the tail is long, and the search the smallest", () => {
  const x = gaussian([1, 1, 1, 4000], "tail").data.map((v) => v * Math.abs(v));
  const m = Math.max(...x.map(Math.abs));
  const error = (p: number): number =>
    ontoPieces(x, p, m, { bits: 4, noise: undefined }).values.reduce(
      (sum, v, i) => sum + (v - x[i]!) ** 2,
      0,
    );
  const rules = ["gaussian", "laplace", "exact", "search"] as const;
  const errors = rules.map((rule) => error(breakOf(x, m, { bits: 4, rule })));
  for (const found of errors) assert.ok(found < 0.5 * error(m / 2), `${found} of ${error(m / 2)}`);
  // It steps by a thousandth of the range.
  assert.ok(errors[3]! < 1.001 * Math.min(...errors));
});

test("a break is never beyond half of the range where it is fitted, and half of it without any spread", () => {
  assert.is(breakOf(Float32Array.of(2, 2, 2), 2, { bits: 4, rule: "gaussian" }), 1);
  assert.is(breakOf(Float32Array.of(1, -1), 1, { bits: 4, rule: "gaussian" }) <= 0.5, true);
  assert.equal(valuesBy(piecewiseLinear(), [2, 2], { role: "weight" }), [2, 2]);
});

test("the normal distribution that the exact rule needs", () => {
  close(normalDistribution(0), 0.5, 1e-15);
  close(normalDistribution(1), 0.8413447460685429, 1e-14);
  close(normalDistribution(3), 0.9986501019683699, 1e-14);
  assert.is(normalDistribution(40), 1);
  close(normalDensity(0), 0.3989422804014327, 1e-15);
});

test("moments: mean and unbiased deviation, 0 for a single element", () => {
  const { mean, deviation } = momentsOf(Float32Array.of(1, 2, 3, 4));
  close(mean, 2.5, 1e-12);
  close(deviation, Math.sqrt(5 / 3), 1e-12);
  assert.equal(momentsOf(Float32Array.of(7)), { mean: 7, deviation: 0 });
  assert.equal(momentsOf(new Float32Array(0)), { mean: 0, deviation: 0 });
});

test.run();
