import { suite } from "uvu";
import * as assert from "uvu/assert";
import { daq, daqStep } from "../../../quantizers/projections/daq.ts";
import { allClose } from "../../support/close.ts";
import { projectedBy, valuesBy } from "../../support/projecting.ts";
import { gaussian } from "../../support/tensors.ts";

const test = suite("daq");
const x = [0.2, -1, 0.7, 1.9, -0.4, 0.1];
const map = { shape: [1, 6, 1, 1], role: "activation", bits: 2 } as const;

test("the numbers of docs/methods.md 7.2, with the paper's step of 2 bits and with that of the released code", () => {
  allClose(valuesBy(daq(), x, map), [-0.244752, -1.234257, 0.744752, 1.734257, -0.244752, -0.244752], 5e-7);
  allClose(
    valuesBy(daq({ table: "released" }), x, map),
    [-0.542796, -0.542796, 1.042796, 2.628388, -0.542796, -0.542796],
    5e-7,
  );
});

test("the steps of the paper by bits; those of the released code are of one bit less", () => {
  const steps = [1.596, 0.996, 0.586, 0.335, 0.188, 0.104, 0.057, 0.031];
  for (let bits = 2; bits <= 8; bits++)
    assert.equal([daqStep(bits, "paper"), daqStep(bits, "released")], [steps[bits - 1], steps[bits - 2]]);
});

test("where nothing deviates the mean comes out, which is every element", () => {
  for (const v of [0.7, -3, 2 ** -40])
    assert.equal(valuesBy(daq(), new Array(6).fill(v), map), new Array(6).fill(Math.fround(v)));
});

test("each channel of each sample has a grid of its own", () => {
  const large = x.map((v) => 100 * v + 7);
  const both = x.flatMap((v, i) => [v, large[i]!]);
  const values = valuesBy(daq(), both, { ...map, shape: [1, 6, 1, 2] });
  allClose(
    values.filter((_, i) => i % 2 === 0),
    valuesBy(daq(), x, map),
    1e-6,
  );
  const samples = valuesBy(daq(), [...x, ...large], { ...map, shape: [2, 6, 1, 1] });
  allClose(samples.slice(6), valuesBy(daq(), large, map), 1e-5);
});

test("weights have one grid around 0", () => {
  const values = valuesBy(daq(), x, { ...map, role: "weight" });
  const half = (0.996 * 0.993479) / 2;
  allClose(values, [half, -3 * half, half, 3 * half, -half, half], 1e-6);
});

test("after a rectifier: multiples of the step, 0 among them, and no upper end", () => {
  const rectified = [0, 0, 1, 2, 3, 60];
  const { values, clipped } = projectedBy(daq(), rectified, map);
  // Four positive elements count as five, the fifth at 0: mean 13.2, mean square 722.8.
  const d = 0.996 * Math.sqrt((1 + 4 + 9 + 3600) / 5 - 13.2 ** 2);
  allClose(values, [0, 0, 0, 0, 0, Math.round(60 / d) * d], 1e-4);
  assert.is(clipped, 0);
});

test("after a rectifier the extra element lies at 0: the channel [0, 0, 1, 3] has sigma 1.247 and, with 4 bits, step .4178", () => {
  const four = { ...map, shape: [1, 4, 1, 1], bits: 4 };
  allClose(valuesBy(daq(), [0, 0, 1, 3], four), [0, 0, 2 * 0.417818, 7 * 0.417818], 5e-6);
});

test("after a rectifier the deviation is sqrt(E[x^2] - E[x]^2) of the positive elements and a 0, of any channel", () => {
  const rectified = gaussian([1, 64, 1, 3], "rectified").data.map((v) => Math.max(v, 0));
  const values = valuesBy(daq(), rectified, { ...map, shape: [1, 64, 1, 3], bits: 6 });
  for (let channel = 0; channel < 3; channel++) {
    const x = [...rectified].filter((_, i) => i % 3 === channel);
    const positive = x.filter((v) => v > 0);
    const over = (power: number): number =>
      positive.reduce((sum, v) => sum + v ** power, 0) / (positive.length + 1);
    const d = 0.104 * Math.sqrt(over(2) - over(1) ** 2);
    allClose(
      values.filter((_, i) => i % 3 === channel),
      x.map((v) => Math.round(v / d) * d),
      1e-5,
    );
  }
});

test("a sample of a fully connected layer is one group, since a single element has no spread", () => {
  const dense = { ...map, shape: [1, 1, 1, 6] };
  allClose(valuesBy(daq(), x, dense), valuesBy(daq(), x, map), 0);
});

test("what lies beyond the outermost level counts as clipped", () =>
  assert.is(projectedBy(daq(), x, map).clipped, 1));

test.run();
