/** @file Element-wise passes, in bytes read and written per second, against a plain copy in the same memory. */

import type { Engine } from "../../core/engine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { internal } from "../../core/errors.ts";
import { expectSync } from "../../core/eventual.ts";
import { ofCodes, ofTensor, staged } from "../../core/expr.ts";
import { key, uniform } from "../../core/random.ts";
import { elements, inMemory, type Shape, sizeOf } from "../../core/tensor.ts";
import { compared, type Named } from "./comparison.ts";
import type { Group, Surroundings } from "./group.ts";
import { filled, gridOver, keptCodes, ran, usualRange, type Work } from "./operands.ts";
import type { Row } from "./row.ts";

const group = "passes";

/** One pass, and the bytes that it reads and writes per element. */
interface Pass extends Work {
  readonly name: string;
  readonly bytes: number;
}

const vector = (channels: number, seed: number): Float32Array =>
  Float32Array.from({ length: channels }, (_, i) => uniform(key(seed), i) + 0.5);

/** Passes of a training step, over one tensor of that shape. */
const passesOf = (engine: Engine, shape: Shape): readonly Pass[] => {
  const channels = shape.at(-1) as number;
  const tensor = filled(engine, shape, "x");
  const x = ofTensor(tensor);
  const other = ofTensor(filled(engine, shape, "other"));
  const params = gridOver({ lo: -0.5, hi: 0.3 }, 8);
  const codes = ofCodes(keptCodes(engine, tensor, gridOver(usualRange, 8)));
  const scale = vector(channels, 1);
  const shift = vector(channels, 2);
  const mean = vector(channels, 3);
  const slope = vector(channels, 4);
  const normalized = staged({ _tag: "Affine", scale, shift }, { _tag: "Clip", lo: 0, hi: 6 })(x);
  const gated = staged({ _tag: "Gate", other, lo: 0, hi: 6 })(x);
  const combined = staged({ _tag: "Combine", other, scale, mean, slope, shift })(x);
  const store = { store: true };
  return [
    { name: "store", bytes: 8, expr: x, sinks: store },
    { name: "dequantize, store", bytes: 5, expr: codes, sinks: store },
    { name: "normalize, rectify, store", bytes: 8, expr: normalized, sinks: store },
    { name: "add, store", bytes: 12, expr: staged({ _tag: "Add", other })(x), sinks: store },
    { name: "rectifier's pullback, store", bytes: 12, expr: gated, sinks: store },
    { name: "normalization's pullback, store", bytes: 12, expr: combined, sinks: store },
    { name: "observe", bytes: 4, expr: x, sinks: { observe: true } },
    { name: "quantize", bytes: 5, expr: x, sinks: { quantize: { params } } },
    { name: "quantize stochastically", bytes: 5, expr: x, sinks: { quantize: { params, noise: key(9) } } },
    { name: "quantize, observe", bytes: 5, expr: x, sinks: { quantize: { params }, observe: true } },
    {
      name: "normalize, rectify, quantize, observe",
      bytes: 5,
      expr: normalized,
      sinks: { quantize: { params }, observe: true },
    },
    { name: "channel sums", bytes: 4, expr: x, sinks: { channelSums: { around: mean } } },
  ];
};

/** Everything that the passes store for one small tensor, as text. */
const leftBehindBy = (engine: Engine): readonly string[] =>
  passesOf(engine, [2, 5, 7, 16]).map((pass) => {
    const { stored, codes, range, clipped, ...rest } = ran(engine, pass);
    const channelSums = expectSync(rest.channelSums);
    return JSON.stringify([
      stored && [...elements(inMemory(stored))],
      codes && [...elements(inMemory(codes))],
      range,
      clipped,
      channelSums && [...channelSums.first, ...channelSums.second],
    ]);
  });

/** @throws an internal error if a pass stores something else than on the reference */
const checkPasses = (): void => {
  const expected = leftBehindBy(reference());
  const wrong = leftBehindBy(simd({ bytes: 2 ** 24 })).findIndex((found, i) => found !== expected[i]);
  if (wrong >= 0) throw internal(`bench: pass ${wrong} differs from the reference`);
};

const copy: Named = { name: "plain copy", shown: "plain copy" };

async function* run({ quick, threads, contest }: Surroundings): AsyncGenerator<Row> {
  checkPasses();
  const shape = quick ? [16, 32, 32, 32] : [64, 32, 32, 32];
  const size = sizeOf(shape);
  const engine = simd({ threads });
  const passes = passesOf(engine, shape);
  const from = elements(inMemory(filled(engine, shape, "from")));
  const to = elements(engine.allocate(shape));
  const times = await contest(
    [
      { name: copy.name, run: () => to.set(from) },
      ...passes.map((pass) => ({ name: pass.name, run: () => ran(engine, pass) })),
    ],
    { rounds: 15, leastWarmUp: 100 },
  );
  engine.dispose();
  const gigabytes = (bytes: number): number => (bytes * size) / 1e9;
  yield* compared({ group, case: "plain copy", amount: gigabytes(8), unit: "GB/s" }, times, copy, []);
  // A copy moves 8 bytes per element. The ratio is one of bytes per second, not of elements.
  for (const { name, bytes } of passes)
    for (const row of compared(
      { group, case: name, amount: gigabytes(bytes), unit: "GB/s" },
      times,
      { name, shown: "rangeflow simd" },
      [copy],
    ))
      yield { ...row, ratio: row.ratio === null ? null : (row.ratio * bytes) / 8 };
}

export const passes: Group = {
  name: group,
  about: "element-wise passes in bytes a second, against a plain copy",
  run,
};
