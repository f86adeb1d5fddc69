/** @file laq, which is reconstructed, not reproduced. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { curvature, laq, laqScale, laqScaled } from "../../../quantizers/projections/laq.ts";
import type { GivenQuantity } from "../../../quantizers/projections/quantity.ts";
import { sortedPairs } from "../../../quantizers/projections/sorted.ts";
import { close } from "../../support/close.ts";
import { valuesBy } from "../../support/projecting.ts";
import { gaussian } from "../../support/tensors.ts";

const test = suite("laq");

const w = Float32Array.of(0.9, -0.3, 0.5);
const d = Float32Array.of(1, 2, 1);

test("docs/methods.md 7.6: binary weights have scale 0.5, ternary ones 0.7 after three iterations", () => {
  const binary = laqScaled(w, "binary", { d });
  close(binary.alpha, 0.5, 1e-7);
  assert.equal([...binary.beta], [1, -1, 1]);
  const ternary = laqScaled(w, 1, { d });
  close(ternary.alpha, 0.7, 1e-7);
  assert.equal([...ternary.beta], [1, 0, 1]);
  assert.is(ternary.iterations, 3);
});

test("where every weight rounds to 0, the scale stays", () =>
  assert.equal(laqScaled(Float32Array.of(0.1, -0.2), 1).alpha, 1));

test("from sorted magnitudes the same scale comes out", () => {
  const x = gaussian([1, 1, 1, 3000], "laq").data;
  for (const top of [1, 3, 7, 127])
    close(laqScale(x.map(Math.abs).sort(), top, 3), laqScaled(x, top, { start: 3 }).alpha, 1e-6);
});

test("with curvatures, too, and the quantizer finds them", () => {
  const x = gaussian([1, 1, 1, 3000], "laq").data;
  const d = gaussian([1, 1, 1, 3000], "curvature").data.map(Math.abs);
  const { values, others } = sortedPairs(x.map(Math.abs), d);
  for (const top of [1, 3, 7, 127])
    close(laqScale(values, top, 3, others), laqScaled(x, top, { start: 3, d }).alpha, 1e-6);
  // Where errors of the large weights cost nothing, levels are for the small ones.
  const small = x.map((v) => (Math.abs(v) > 0.5 ? 0 : 1));
  const most = (...quantities: readonly GivenQuantity[]) =>
    Math.max(...valuesBy(laq(), x, { role: "weight", bits: 3, quantities }));
  close(most(curvature.given(() => d.map(() => 7))), most(), 1e-6);
  assert.ok(most(curvature.given(() => small)) < 0.6 && most(curvature.given(() => undefined)) > 1.5);
});

test("the scale that it finds beats the largest weight as scale, by squared error", () => {
  const x = gaussian([1, 1, 1, 1000], "laq").data;
  const error = (y: readonly number[]): number => y.reduce((sum, v, i) => sum + (v - x[i]!) ** 2, 0);
  for (const bits of [2, 3, 4]) {
    const top = 2 ** (bits - 1) - 1;
    const most = Math.max(...x.map(Math.abs));
    const byMost = [...x].map((v) => (Math.round((v / most) * top) / top) * most);
    assert.ok(error(valuesBy(laq(), x, { role: "weight", bits })) < 0.8 * error(byMost));
  }
});

test.run();
