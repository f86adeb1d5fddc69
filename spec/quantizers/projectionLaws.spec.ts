/** @file The laws of projections. A new quantizer joins with one line at the end of this file. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dorefaGradients } from "../../quantizers/dorefa.ts";
import { bhq } from "../../quantizers/projections/bhq.ts";
import { binGrad } from "../../quantizers/projections/binGrad.ts";
import { daq } from "../../quantizers/projections/daq.ts";
import { laq } from "../../quantizers/projections/laq.ts";
import { luq } from "../../quantizers/projections/luq.ts";
import { muLaw } from "../../quantizers/projections/muLaw.ts";
import { orq } from "../../quantizers/projections/orq.ts";
import { perChannel } from "../../quantizers/projections/perChannel.ts";
import { piecewiseLinear } from "../../quantizers/projections/piecewiseLinear.ts";
import { powerOfTwo } from "../../quantizers/projections/powerOfTwo.ts";
import type { Projected, Projecting, Projection } from "../../quantizers/projections/projection.ts";
import { psq } from "../../quantizers/projections/psq.ts";
import { ptq } from "../../quantizers/projections/ptq.ts";
import { qsgd } from "../../quantizers/projections/qsgd.ts";
import { wageubnE2 } from "../../quantizers/projections/wageubn.ts";
import { allClose, sameBits } from "../support/close.ts";
import { noiseOf, projectedBy, rangeOf } from "../support/projecting.ts";
import { gaussian } from "../support/tensors.ts";

/** Character of a projection, as far as its laws differ. */
interface Character {
  readonly bits?: number;
  /** `unbiased`: what it makes of x is x in expectation; `drawn`: noise decides, but favours; nearest without either. */
  readonly noise?: "unbiased" | "drawn";
  /** Factors k with Q(k x) = k Q(x): all, powers of two, or none. */
  readonly scales: "any" | "powers" | "none";
  /** Parts that may be permuted with the result permuted likewise: elements, or whole samples only. */
  readonly permutes?: "elements" | "samples" | "nothing";
  readonly role?: Projecting["role"];
  /** Whether what comes out is about as large as the tensor at most. */
  readonly mayOvershoot?: boolean;
}

const samples = 4;
const each = 64;
const shape = [samples, 4, 4, 4];
const x = gaussian(shape, "laws").data.map((v, i) => v * 10 ** (Math.floor(i / each) - 2));

const keepsTheLaws = (name: string, projection: Projection, character: Character): void => {
  const { bits = 4, noise, scales, permutes = "elements", role = "gradient" } = character;
  const { mayOvershoot = false } = character;
  const followsRange = projection.follows === "range" || projection.follows === "channels";
  const test = suite(name);
  const project = (values: Float32Array, how: Partial<Projecting> = {}): Projected =>
    projectedBy(projection, values, {
      shape: values.length === x.length ? shape : [1, 1, 1, values.length],
      role,
      bits,
      noise: noise ? noiseOf(0) : undefined,
      ...how,
    });

  test("as many elements come out, the tensor stays as it was, and the same noise gives the same bits", () => {
    const before = Float32Array.from(x);
    const [once, twice] = [project(x), project(x)];
    assert.is(once.values.length, x.length);
    sameBits(once.values, twice.values);
    sameBits(x, before);
    assert.not.equal([...once.values], [...x]);
  });

  if (noise === "unbiased")
    test("the average of 1e5 draws is the element, within five standard errors", () => {
      const few = x.filter((_, i) => i % each < 4);
      const repeats = 500;
      const size = few.length * repeats;
      const wide = Float32Array.from({ length: size }, (_, i) => few[Math.floor(i / repeats)]!);
      const how = { shape: [samples, 1, 1, 4 * repeats], range: rangeOf(few) };
      const sum = new Float64Array(few.length);
      const [least, most] = [Float64Array.from(few), Float64Array.from(few)];
      const draws = 200;
      for (let draw = 0; draw < draws; draw++)
        project(wide, { ...how, noise: noiseOf(draw) }).values.forEach((v, i) => {
          const place = Math.floor(i / repeats);
          sum[place]! += v - few[place]!;
          least[place] = Math.min(least[place]!, v);
          most[place] = Math.max(most[place]!, v);
        });
      const n = draws * repeats;
      const largest = Math.max(...few.map(Math.abs));
      few.forEach((v, i) => {
        const mean = sum[i]! / n;
        const [below, above] = [v - least[i]!, most[i]! - v];
        // Bhatia and Davis 2000: no more with a mean of v, and just that where there are two levels.
        const deviation = Math.sqrt(below * above);
        // Noise has 15 bits, float32 has 24; what was mixed with a large element keeps the error of that.
        const slack = (5 * deviation) / Math.sqrt(n) + (below + above) / 2 ** 16 + largest / 2 ** 24;
        assert.ok(Math.abs(mean) <= slack, `${v} on average became ${v + mean}, allowed ${slack}`);
      });
    });

  if (followsRange) {
    const range = { lo: -2, hi: 1.7 };
    const fine = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) / 1000);
    const inRange = fine.filter((v) => v >= range.lo && v <= range.hi);

    if (!noise)
      test("quantized once more with the same range, nothing changes", () => {
        const { values } = project(inRange, { range });
        sameBits(project(values, { range }).values, values);
      });

    test("no level lies strictly between an element and what it becomes", () => {
      const { values } = project(inRange, { range });
      const levels = [...new Set(values)].sort((a, b) => a - b);
      inRange.forEach((v, i) => {
        const [from, to] = [Math.min(v, values[i]!), Math.max(v, values[i]!)];
        const between = levels.find((level) => level > from && level < to);
        assert.is(between, undefined, `${v} became ${values[i]}`);
      });
    });

    test("a range four times as large has larger steps beside 0", () => {
      const shrinking = Float32Array.from({ length: 200 }, (_, i) => range.hi * 2 ** (-i / 8));
      const step = (factor: number): number => {
        const wider = { lo: factor * range.lo, hi: factor * range.hi };
        return Math.min(...project(shrinking, { range: wider }).values.filter((v) => v > 0));
      };
      assert.ok(step(4) > 3 * step(1), `${step(4)} is hardly more than ${step(1)}`);
    });

    test("what the range does not hold is clipped to its end, counted, and lets no gradient pass", () => {
      const { values, gradientMask, clipped } = project(Float32Array.of(-50, 0.1, 40, Infinity, -Infinity), {
        range,
      });
      assert.is(clipped, 4);
      if (gradientMask) assert.equal([...gradientMask], [0, 1, 0, 0, 0]);
      assert.is(values[0], values[4]);
      assert.is(values[2], values[3]);
      assert.ok(values[2]! > 0.8 && values[2]! <= 3 && values[0]! < -0.8 && values[0]! >= -3, values.join());
    });

    test("an outlier changes no other element as long as the range stays", () => {
      const struck = fine.with(17, 1000);
      const [plain, other] = [project(fine, { range }), project(struck, { range })];
      sameBits(
        other.values.filter((_, i) => i !== 17),
        plain.values.filter((_, i) => i !== 17),
      );
    });
  } else if (projection.follows === "tensor")
    test("its levels are the tensor's own: a range twice as large changes nothing, an outlier other elements", () => {
      sameBits(project(x, { range: { lo: -100, hi: 100 } }).values, project(x).values);
      assert.not.equal(project(x.with(1, 45)).values.with(1, 0), project(x).values.with(1, 0));
    });
  else
    test("its levels follow both: the range, and within it the tensor", () => {
      const range = { lo: -2, hi: 2 };
      const some = x.map((v) => Math.min(Math.max(v / 8, -2), 2));
      const others = some.map((v, i) => (i < x.length / 2 ? 1.9 : v));
      const end = (...of: Parameters<typeof project>) => [...project(...of).values.subarray(x.length / 2)];
      assert.not.equal(end(some, { range: { lo: -4, hi: 4 } }), end(some, { range }));
      assert.not.equal(end(others, { range }), end(some, { range }));
    });

  if (scales !== "none")
    test(`a tensor k times as large becomes k times as large: ${scales === "any" ? "any k" : "powers of two"}`, () => {
      const plain = project(x).values;
      for (const k of [8, 2 ** -20])
        sameBits(
          project(x.map((v) => k * v)).values,
          plain.map((v) => k * v),
        );
      const byThree = project(x.map((v) => 3 * v)).values;
      const expected = plain.map((v) => 3 * v);
      const most = Math.max(...expected.map(Math.abs));
      // An element next to a threshold may fall to the other side of it where 3 x was rounded.
      const strays = byThree.filter((v, i) => Math.abs(v - expected[i]!) > 1e-5 * most).length;
      assert.is(strays <= 1, scales === "any", `${strays} of ${x.length} differ`);
    });

  if (permutes !== "nothing")
    test(`permuted ${permutes} come out permuted likewise`, () => {
      const place = (i: number): number =>
        permutes === "elements" ? x.length - 1 - i : (samples - 1 - Math.floor(i / each)) * each + (i % each);
      const plain = project(x).values;
      const drawn = noise && noiseOf(0);
      const permuted = project(
        x.map((_, i) => x[place(i)]!),
        { noise: drawn && ((count) => drawn(count).map((_, i, all) => all[place(i)]!)) },
      ).values;
      const tolerance = 1e-6 * Math.max(...x.map(Math.abs));
      allClose(
        permuted,
        plain.map((_, i) => plain[place(i)]!),
        tolerance,
      );
    });

  test("an empty tensor stays empty", () =>
    assert.is(project(new Float32Array(0), { shape: [0, 4, 4, 4] }).values.length, 0));

  test("zeros stay zeros, with and without a range", () => {
    for (const zeros of [new Float32Array(x.length), Float32Array.of(0), Float32Array.of(0, -0)]) {
      assert.ok(project(zeros).values.every((v) => v === 0));
      if (noise !== "drawn")
        assert.ok(project(zeros, { range: { lo: -1, hi: 1 } }).values.every((v) => v === 0));
    }
  });

  test("equal elements, or a single one, keep sign and size", () => {
    if (mayOvershoot) return;
    for (const v of [3, -3, 2 ** -40, -1e30, 0.7])
      for (const values of [Float32Array.of(v), new Float32Array(x.length).fill(v)])
        for (const y of project(values).values) assert.ok(y / v > 0.6 && y / v < 1.5, `${v} became ${y}`);
  });

  test("NaN and infinity leave only finite numbers behind, none larger than the range", () => {
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
    const odd = [
      [nan, nan],
      [-1, nan, 3],
      [-1, infinity, 3],
      [infinity, -infinity],
      [nan, 0, infinity],
    ];
    for (const values of [...odd.map((v) => Float32Array.from(v)), x.with(5, nan).with(99, infinity)]) {
      const { lo, hi } = rangeOf(values);
      const most = 1.5 * Math.max(Math.abs(lo), Math.abs(hi));
      for (const y of project(values).values)
        assert.ok(mayOvershoot ? Number.isFinite(y) : Math.abs(y) <= most, `${y} in [${lo}, ${hi}]`);
    }
  });

  test.run();
};

keepsTheLaws("muLaw", muLaw(), { bits: 8, scales: "any" });
keepsTheLaws("muLaw, stochastic", muLaw(), { noise: "unbiased", scales: "any" });
keepsTheLaws("muLaw, segmented", muLaw({ layout: "segmented" }), {
  bits: 8,
  scales: "any",
});
keepsTheLaws("powerOfTwo", powerOfTwo(), { scales: "powers" });
keepsTheLaws("powerOfTwo, stochastic", powerOfTwo(), {
  noise: "unbiased",
  scales: "powers",
});
keepsTheLaws("luq", luq(), { noise: "unbiased", scales: "any" });
keepsTheLaws("ptq", ptq(), { noise: "unbiased", scales: "any" });
keepsTheLaws("psq", psq(), {
  noise: "unbiased",
  scales: "any",
  permutes: "samples",
});
keepsTheLaws("bhq", bhq(), {
  noise: "unbiased",
  scales: "any",
  permutes: "samples",
});
keepsTheLaws("orq", orq(), { noise: "unbiased", scales: "any" });
keepsTheLaws("orq in buckets", orq({ bucket: 16 }), { noise: "unbiased", scales: "any" });
keepsTheLaws("binGrad", binGrad(), { noise: "drawn", scales: "any" });
keepsTheLaws("binGrad in buckets", binGrad({ bucket: 16 }), { noise: "drawn", scales: "any" });
keepsTheLaws("binGrad, biased", binGrad({ form: "b" }), { scales: "any" });
for (const rule of ["gaussian", "laplace", "exact", "search"] as const)
  for (const inner of ["paper", "released"] as const)
    keepsTheLaws(`piecewiseLinear, ${rule}, ${inner}`, piecewiseLinear({ rule, inner }), {
      scales: "any",
      role: "weight",
    });
keepsTheLaws("piecewiseLinear, stochastic", piecewiseLinear(), {
  noise: "unbiased",
  scales: "any",
  role: "weight",
});
keepsTheLaws("daq of weights", daq(), { scales: "any", role: "weight" });
keepsTheLaws("daq of activations", daq({ table: "released" }), {
  scales: "any",
  role: "activation",
  permutes: "samples",
});
keepsTheLaws("qsgd", qsgd(), {
  noise: "unbiased",
  scales: "any",
  mayOvershoot: true,
});
keepsTheLaws("qsgd in buckets", qsgd({ bucket: 64 }), {
  noise: "unbiased",
  scales: "any",
  permutes: "samples",
  mayOvershoot: true,
});
for (const per of ["tensor", "sample"] as const)
  keepsTheLaws(`dorefa per ${per}`, dorefaGradients({ per }), { bits: 5, noise: "drawn", scales: "any" });
keepsTheLaws("wageubnE2", wageubnE2(), { scales: "powers" });
keepsTheLaws("laq", laq(), { scales: "any", role: "weight" });
keepsTheLaws("perChannel", perChannel(), { scales: "any", role: "activation" });
keepsTheLaws("perChannel, stochastic", perChannel(), {
  noise: "unbiased",
  scales: "any",
});
