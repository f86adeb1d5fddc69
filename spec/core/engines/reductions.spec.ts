/**
 * @file Every float32 reduction of an engine against float64: no sum is off by more than a few roundings of each of its terms, however
 * large their mean is against their deviation, and up to images of 224 by 224; and the bits are those of the reference.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { type Expr, ofProduct, ofTensor, type Source } from "../../../core/expr.ts";
import type { Sinks } from "../../../core/pass.ts";
import type { Product } from "../../../core/product.ts";
import { weightShape } from "../../../core/shape.ts";
import type { HostTensor, Shape, Tensor } from "../../../core/tensor.ts";
import { eager } from "../../support/eager.ts";
import { elements } from "../../support/elements.ts";
import { fetched } from "../../support/fetched.ts";
import { sameResult } from "../../support/sameResult.ts";
import { filled, gaussian } from "../../support/tensors.ts";
import { openWebGpu } from "../../support/webgpu.ts";

const test = suite("float32 reductions");

/** Half of the last place of 1: what rounding a term once may cost. */
const unit = 2 ** -24;
/** Roundings of each term that a sum may cost; 128 terms in order cost three where they are random. */
const roundings = 6;

const bytes = 2 ** 28;
const webgpu = await openWebGpu(simd({ bytes }));
const oracle = reference();
const engines: readonly Engine[] = [
  simd({ bytes }),
  simd({ bytes, threads: await eager(3) }),
  ...(webgpu instanceof Error ? [] : [webgpu]),
];

const channels = 3;
const sizes = [
  [8, 8],
  [28, 28],
  [61, 67],
  [224, 224],
] as const;

/** Normal numbers around so many of their deviations, as float32 has them. */
const around = (mean: number, shape: Shape, name: string): HostTensor => {
  const x = elements(gaussian(shape, `${name} ${shape}`));
  return filled(shape, (i) => mean + (x[i] as number));
};

/** The sum of f(i) over the elements of a channel, and that of its magnitude. */
const exact = (size: number, channel: number, f: (i: number) => number) => {
  let [sum, magnitude] = [0, 0];
  for (let i = channel; i < size; i += channels) {
    sum += f(i);
    magnitude += Math.abs(f(i));
  }
  return { sum, magnitude };
};

const isClose = (what: string, found: number, { sum, magnitude }: ReturnType<typeof exact>): void => {
  const allowed = roundings * unit * magnitude;
  if (!(Math.abs(found - sum) <= allowed))
    assert.unreachable(
      `${what}: ${found}, expected ${sum}, off by ${(Math.abs(found - sum) / unit / magnitude).toFixed(1)} roundings of each term`,
    );
};

/** Result of a pass on the reference, which every engine must equal. */
const onEveryEngine = async (x: Expr, sinks: Sinks) => {
  const expected = await oracle.run(x, sinks);
  for (const engine of engines) {
    engine.beginStep();
    sameResult(await fetched(engine, await engine.run(x, sinks)), expected);
  }
  return expected;
};

for (const mean of [0, 10, 1000])
  for (const [height, width] of sizes) {
    const shape = [2, height, width, channels];
    const what = `mean ${mean} deviations, ${height}x${width}`;

    test(`channel sums and sums of squares around a mean: ${what}`, async () => {
      const x = around(mean, shape, "x");
      const near = Float32Array.of(mean, mean + 0.5, mean - 0.5);
      const { channelSums } = await onEveryEngine(ofTensor(x), { channelSums: { around: near } });
      const { first, second } = (await channelSums) as { first: Float64Array; second: Float64Array };
      const centred = (i: number): number => (elements(x)[i] as number) - (near[i % channels] as number);
      for (let c = 0; c < channels; c++) {
        isClose("sum", first[c] as number, exact(x.size, c, centred));
        isClose(
          "squares",
          second[c] as number,
          exact(x.size, c, (i) => centred(i) ** 2),
        );
      }
    });

    test(`channel sums with another tensor: ${what}`, async () => {
      const [dy, x] = [around(mean, shape, "dy"), around(mean, shape, "x")];
      const near = Float32Array.of(mean);
      const sinks = { channelSums: { of: ofTensor(x), around: near } };
      const { channelSums } = await onEveryEngine(ofTensor(dy), sinks);
      const { first, second } = (await channelSums) as { first: Float64Array; second: Float64Array };
      const g = elements(dy);
      for (let c = 0; c < channels; c++) {
        isClose(
          "sum",
          first[c] as number,
          exact(x.size, c, (i) => g[i] as number),
        );
        const term = (i: number): number => (g[i] as number) * ((elements(x)[i] as number) - mean);
        isClose("products", second[c] as number, exact(x.size, c, term));
      }
    });

    test(`the mean of a window: ${what}`, async () => {
      const x = around(mean, shape, "x");
      const window = { kernelHeight: height, kernelWidth: width, stride: 1, padding: 0 };
      const source: Source = { _tag: "Pool", kind: "average", window, x };
      const pass: Expr = { shape: [2, 1, 1, channels], source, stages: [] };
      const { stored } = await onEveryEngine(pass, { store: true });
      const half = x.size / 2;
      elements(stored as Tensor).forEach((found, i) => {
        const from = i < channels ? 0 : half;
        isClose(
          "mean",
          found * height * width,
          exact(half, i % channels, (j) => elements(x)[from + j] as number),
        );
      });
    });

    for (const groups of [1, channels])
      test(`gradients of weights in ${groups} groups: ${what}`, async () => {
        const [dy, x] = [around(mean, shape, "dy"), around(mean, shape, "x")];
        const kernel = { kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0 };
        const conv = { ...kernel, inChannels: channels, outChannels: channels, groups };
        const product: Product = {
          _tag: "BackwardWeight",
          conv,
          shape: weightShape(conv),
          dy: { _tag: "Dense", x: dy },
          x: { _tag: "Dense", x },
        };
        const { stored } = await onEveryEngine(ofProduct(product), { store: true });
        elements(stored as Tensor).forEach((found, at) => {
          const output = groups === 1 ? Math.floor(at / channels) : at;
          const input = at % channels;
          const term = (i: number): number =>
            (elements(dy)[i - input + output] as number) * (elements(x)[i] as number);
          isClose("gradient", found, exact(x.size, input, term));
        });
      });
  }

test("a constant costs no more: 50,176 times 0.1", async () => {
  const x = filled([1, 224, 224, channels], () => 0.1);
  const { channelSums } = await onEveryEngine(ofTensor(x), { channelSums: { around: Float32Array.of(0) } });
  const { first } = (await channelSums) as { first: Float64Array };
  // 128 equal numbers in order are off by half of a rounding each and number before them, at worst.
  const one = elements(x)[0] as number;
  assert.ok(Math.abs((first[0] as number) / 50176 / one - 1) < 64 * unit);
});

test.run();
