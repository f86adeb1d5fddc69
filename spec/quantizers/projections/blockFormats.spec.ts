/** @file MX, NVFP4 and float8 against torchao, PyTorch and a port of NVIDIA's order of operations: `spec/golden/blockFormats.json`. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { floatFormats } from "../../../quantizers/formats/elementFormat.ts";
import { elementCode } from "../../../quantizers/formats/rounding.ts";
import { float8 } from "../../../quantizers/projections/float8.ts";
import { mx } from "../../../quantizers/projections/mx.ts";
import { nvfp4 } from "../../../quantizers/projections/nvfp4.ts";
import type { Projected, Projecting, Projection } from "../../../quantizers/projections/projection.ts";
import { golden } from "../../support/golden.ts";
import { noiseOf, projectedBy, rangeOf } from "../../support/projecting.ts";
import { gaussian } from "../../support/tensors.ts";

const test = suite("block formats");

interface Golden {
  readonly rows: readonly number[];
  readonly mx: readonly {
    readonly element: string;
    readonly scale: string;
    readonly values: readonly number[];
  }[];
  readonly nvfp4: readonly {
    readonly largest: number;
    readonly top: number;
    readonly values: readonly number[];
  }[];
  readonly float8: readonly {
    readonly element: "e4m3" | "e5m2";
    readonly largest: number;
    readonly values: readonly number[];
  }[];
}

const cases = golden("blockFormats") as Golden;
const channels = 64;
const [first, , , last] = [0, 1, 2, 3].map((row) => cases.rows.slice(row * channels, (row + 1) * channels));
const firstAndLast = [...first!, ...last!];

const shaped = (values: readonly number[], row = channels): Partial<Projecting> => ({
  shape: [1, 1, values.length / row, row],
});

const widths: Readonly<Record<string, number>> = { e4m3: 8, e5m2: 8, e3m2: 6, e2m3: 6, e2m1: 4, int: 8 };

for (const { element, scale, values } of cases.mx)
  test(`mx:element=${element},scale=${scale}`, () => {
    const projection = mx({ element, scale } as Parameters<typeof mx>[0]);
    const how = { ...shaped(cases.rows), bits: widths[element]! };
    assert.equal([...projectedBy(projection, cases.rows, how).values], values);
  });

for (const { largest, top, values } of cases.nvfp4)
  test(`nvfp4:top=${top} with a range up to ${largest}`, () => {
    const how = { ...shaped(firstAndLast), bits: 4, range: { lo: -largest, hi: largest / 2 } };
    assert.equal([...projectedBy(nvfp4({ top }), firstAndLast, how).values], values);
  });

for (const { element, largest, values } of cases.float8)
  test(`float8:element=${element} with a range up to ${largest}`, () => {
    const how = { ...shaped(firstAndLast), range: { lo: -largest, hi: 0 } };
    assert.equal([...projectedBy(float8({ element }), firstAndLast, how).values], values);
  });

test("hybrid: gradients have E5M2, the others E4M3", () => {
  const x = [0.3, -3.2, 448];
  const range = { lo: -448, hi: 448 };
  const of = (role: Projecting["role"]) => [...projectedBy(float8(), x, { role, range }).values];
  const exactly = { range: { lo: -57344, hi: 57344 } };
  assert.equal(of("activation"), [0.3125, -3.25, 448]);
  assert.equal(of("weight"), of("activation"));
  assert.equal([...projectedBy(float8(), x, exactly).values], [0.3125, -3, 448]);
});

test("float8 of a range of 0 has scale 1, and gradients pass where nothing is clipped", () => {
  const x = [0.5, -3, 0, 448, 449];
  const range = { lo: 0, hi: 0 };
  const { values, clipped, gradientMask } = projectedBy(float8({ element: "e4m3" }), x, { range });
  assert.equal([[...values], clipped, [...gradientMask!]], [[0.5, -3, 0, 448, 448], 1, [1, 1, 1, 1, 0]]);
});

const normal = gaussian([4, 4, 4, 32], "blocks").data;

const padded = (...blocks: readonly (readonly number[])[]): readonly number[] =>
  blocks.flatMap((block) => [...block, ...new Array<number>(16 - block.length).fill(0)]);

const begins = ({ values }: Projected, from: number, expected: readonly number[], within = 0): void =>
  expected.forEach((value, i) => {
    assert.ok(Math.abs(values[from + i]! - value) <= within, `${values[from + i]} for ${value}`);
  });

const blockA = [0.9, -0.1, 0.02, 3.5];
const blockB = [0.05, 0.01, -0.03, 0.002];

test("NVFP4: the worked example, with ranges of the tensor and of earlier ones", () => {
  const x = padded(blockA, blockB, []);
  const of = (largest: number, top: number): Projected =>
    projectedBy(nvfp4({ top }), x, { bits: 4, shape: [1, 1, 1, 48], range: { lo: 0, hi: largest } });
  const own = of(3.5, 448);
  begins(own, 0, [0.875, 0, 0, 3.5]);
  begins(own, 16, [0.05078125, 0.008463542, -0.033854168, 0], 1e-9);
  assert.is(own.clipped, 0);
  // The largest element times a scale may be above 448 by the rounding of float32.
  const wide = normal.map((v) => Math.fround(v * 1.3));
  const how = { shape: [4, 4, 4, 32], bits: 4, range: rangeOf(wide) };
  assert.is(projectedBy(nvfp4(), wide, how).clipped, 0);
  const stale = of(1.75, 448);
  begins(stale, 0, [0.875, -0.1458, 0, 1.75], 1e-4);
  assert.equal([stale.clipped, stale.gradientMask![3], stale.gradientMask![0]], [1, 0, 1]);
  begins(of(1.75, 256), 0, [1.0208, 0, 0, 3.0625], 1e-4);
  const within = of(2, 256);
  begins(within, 0, [0.875, 0, 0, 3.5]);
  assert.is(within.clipped, 0);
  begins(of(2.5, 256), 0, [0.859375, 0, 0, 3.4375]);
});

test("NVINT4: the worked example", () => {
  const x = padded(blockA, blockB);
  const made = projectedBy(nvfp4({ element: "int" }), x, {
    bits: 4,
    shape: [1, 1, 1, 32],
    range: { lo: 0, hi: 3.5 },
  });
  begins(made, 0, [1, 0, 0, 3.5], 1e-6);
  begins(made, 16, [0.05078125, 0.007254465, -0.02901786, 0], 1e-8);
});

test("UE5M3 scales have headroom for tensors 137 times the range", () => {
  const x = padded(blockA);
  const of = (scale: "e4m3" | "ue5m3", largest: number) =>
    projectedBy(nvfp4({ scale }), x, { bits: 4, shape: [1, 1, 1, 16], range: { lo: 0, hi: largest } });
  assert.is(of("ue5m3", 3.5 / 137).clipped, 0);
  assert.is(of("ue5m3", 3.5 / 140).clipped, 1);
  assert.is(of("e4m3", 3.5 / 137).clipped, 4 - 1);
});

test("MX integers: powers of two that hold the largest magnitude", () => {
  const B = [1, -2, 0.3, 5, 7.9, -0.06];
  const of = (bits: number, step: number, codes: readonly number[], x: readonly number[]) =>
    begins(
      projectedBy(mx({ element: "int" }), x, { bits, shape: [1, 1, 1, x.length] }),
      0,
      codes.map((code) => code * step),
    );
  of(8, 2 ** -5, [29, -3, 1, 112], blockA);
  of(6, 2 ** -3, [7, -1, 0, 28], blockA);
  of(4, 0.5, [2, 0, 0, 7], blockA);
  of(8, 2 ** -4, [16, -32, 5, 80, 126, -1], B);
  of(6, 0.5, [2, -4, 1, 10, 16, 0], B);
  of(4, 2, [0, -1, 0, 2, 4, 0], B);
});

/** Bytes of a block of E4M3 elements whose shared exponent is known. */
const bytesOf = (words: readonly number[], exponent: number): readonly number[] => {
  const x = new Float32Array(Uint32Array.from(words).buffer);
  const { values } = projectedBy(mx(), x, { bits: 8, shape: [1, 1, 1, x.length] });
  return Array.from(values, (value) => elementCode(floatFormats.e4m3, value * 2 ** (127 - exponent)));
};

test("the bytes of two whole blocks, one of subnormal numbers, are those of torchao's specs", () => {
  const normal = [
    1037408064, 1058534842, 1053630662, 1063310394, 994704128, 1057245441, 1060663708, 1058053571, 1052395648,
    1064831570, 1038427336, 1064777688, 1059248393, 1060959028, 1062878286, 1057799482, 1057854101,
    1053562724, 1027482352, 1060498324, 1063238522, 1060472055, 1054346794, 1029092912, 1056687298,
    1059146141, 1037992128, 1064097772, 1056522806, 1059255744, 1064364912, 1060606252,
  ];
  assert.equal(
    bytesOf(normal, 119),
    [
      93, 113, 109, 118, 53, 112, 116, 113, 108, 120, 94, 119, 114, 116, 118, 113, 113, 109, 84, 115, 118,
      115, 110, 85, 112, 114, 94, 119, 112, 114, 119, 115,
    ],
  );
  const subnormal = [
    6142315, 5096174, 3345704, 6178415, 5728750, 419002, 1716691, 4335089, 5785800, 6234845, 1697524, 33075,
    3975816, 3714822, 5411407, 3040844, 7400945, 4474166, 7257182, 1273750, 5872176, 4694081, 2096530,
    6273621, 67028, 7585260, 4532315, 4599275, 6133942, 4542483, 5992199, 6862780,
  ];
  assert.equal(
    bytesOf(subnormal, 0),
    [
      60, 58, 53, 60, 59, 29, 45, 56, 59, 60, 45, 4, 55, 54, 58, 52, 62, 57, 62, 42, 59, 57, 48, 60, 8, 62,
      57, 57, 60, 57, 59, 61,
    ],
  );
});

test("blocks end with their row of channels, and a short one has a scale of its own", () => {
  const x = [1, 1, 100, 1, 1, 1];
  const how = (row: number) => ({ bits: 4, shape: [1, 1, x.length / row, row] });
  const two = mx({ block: 2 });
  assert.equal([...projectedBy(two, x, how(6)).values], [1, 1, 96, 0, 1, 1]);
  assert.equal([...projectedBy(two, x, how(3)).values], [1, 1, 96, 1, 1, 1]);
});

for (const [name, projection, bits] of [
  ["mx", mx(), 8],
  ["mx, 4 bits", mx(), 4],
  ["nvfp4", nvfp4(), 4],
  ["float8", float8(), 8],
] as const satisfies readonly (readonly [string, Projection, number])[])
  test(`${name}: NaN is 0, and an infinity the end of the range`, () => {
    const x = [Number.NaN, Number.POSITIVE_INFINITY, 2, -1];
    const range = { lo: -2, hi: 2 };
    const made = projectedBy(projection, x, { bits, shape: [1, 1, 1, 4], range, noise: noiseOf(0) });
    assert.equal([...made.values], [0, 2, 2, -1]);
  });

const wide = { shape: [4, 4, 4, 32] };

for (const [name, projection, bits] of [
  ["mx", mx(), 8],
  ["mx", mx(), 4],
  ["nvfp4", nvfp4(), 4],
  ["float8", float8(), 8],
] as const) {
  test(`${name}, ${bits} bits: a tensor 2^k times as large becomes 2^k times as large`, () => {
    const once = projectedBy(projection, normal, { ...wide, bits }).values;
    for (const k of [-40, 1, 60]) {
      const scaled = normal.map((v) => v * 2 ** k);
      const { values } = projectedBy(projection, scaled, { ...wide, bits });
      assert.equal([...values], [...once.map((v) => v * 2 ** k)], `2^${k}`);
    }
  });
}

for (const [name, projection, bits] of [
  ["mx", mx(), 8],
  ["mx", mx(), 4],
  ["float8", float8(), 8],
] as const)
  test(`${name}, ${bits} bits: numbers of the format stay as they are`, () => {
    const once = projectedBy(projection, normal, { ...wide, bits }).values;
    const twice = projectedBy(projection, once, { ...wide, bits, range: rangeOf(normal) });
    assert.equal([...twice.values], [...once]);
  });

for (const [name, projection, bits] of [
  ["mx", mx(), 8],
  ["mx", mx(), 4],
  ["mx:element=int", mx({ element: "int" }), 4],
  ["float8", float8(), 8],
] as const)
  test(`${name}, ${bits} bits: the mean of 400 stochastic draws is the tensor, within five standard errors`, () => {
    const x = normal.subarray(0, 512);
    const how = { shape: [1, 4, 4, 32], bits };
    const draws = Array.from(
      { length: 400 },
      (_, draw) => projectedBy(projection, x, { ...how, noise: noiseOf(draw) }).values,
    );
    x.forEach((v, i) => {
      const mean = draws.reduce((sum, values) => sum + values[i]!, 0) / draws.length;
      const gap = Math.max(...draws.map((values) => 2 * Math.abs(values[i]! - v)), Math.abs(v) / 16);
      const error = (5 * gap) / 2 / Math.sqrt(draws.length);
      assert.ok(Math.abs(mean - v) <= error, `${mean} for ${v}`);
    });
  });

test.run();
