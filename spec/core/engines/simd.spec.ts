/** @file The SIMD engine equals the reference to the bit: every stage, source and sink, odd sizes and odd numbers. */
import fc from "fast-check";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { bytesOf } from "../../../core/engines/simd/base64.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { relaxedBytes } from "../../../core/engines/simd/relaxed.ts";
import { probeWasmBase64 } from "../../../core/engines/simd/wasm.ts";
import { RangeflowFailure } from "../../../core/errors.ts";
import { type Expr, ofTensor, type Source, settled, staged } from "../../../core/expr.ts";
import type { PassResult, Sinks } from "../../../core/pass.ts";
import { branch } from "../../../core/random.ts";
import { outputShape, subsampled } from "../../../core/shape.ts";
import { type Shape, tensor } from "../../../core/tensor.ts";
import { elements } from "../../support/elements.ts";
import { emptied, everySink, exprOf, slotsOf, smallShapes, stagesOf } from "../../support/everyPass.ts";
import { floats, keys, paramsOf } from "../../support/everyProduct.ts";
import { type Numbers, sameNumbers, sameResult } from "../../support/sameResult.ts";

const test = suite("simd");
const oracle = reference();
const engine = simd({ bytes: 2 ** 26 });

const samePass = (x: Expr, sinks: Sinks): void => {
  const slots = [x, sinks.channelSums?.of].flatMap((expr) => (expr ? slotsOf(expr) : []));
  engine.beginStep();
  const result = engine.run(x, sinks) as PassResult;
  const kept = emptied(slots);
  sameResult(result, oracle.run(x, sinks) as PassResult);
  emptied(slots).forEach((expected, i) => {
    sameNumbers("kept", kept[i] as Numbers, expected as Numbers);
  });
};

const check = <T>(arbitrary: fc.Arbitrary<T>, law: (value: T) => void, numRuns: number): void =>
  fc.assert(
    fc.property(arbitrary, (value) => {
      law(value);
    }),
    { numRuns, seed: 20 },
  );

test("every stage on every source, with every sink", () =>
  check(
    fc.tuple(smallShapes, keys, fc.boolean(), fc.boolean()),
    ([shape, key, odd, withOther]) => {
      const x = staged(...stagesOf(key, shape, odd))(exprOf(branch(key, 1), shape, odd));
      const of = withOther ? exprOf(branch(key, 2), shape, odd) : undefined;
      samePass(x, everySink(branch(key, 3), shape[3] as number, of));
    },
    500,
  ));

test("each sink alone, and none", () =>
  check(
    fc.tuple(smallShapes, keys),
    ([shape, key]) => {
      const x = ofTensor(floats(key, shape, (key[0] & 1) === 0));
      const { store, observe, quantize, channelSums } = everySink(key, shape[3] as number) as Required<Sinks>;
      for (const sinks of [{}, { store }, { observe }, { quantize }, { channelSums }]) samePass(x, sinks);
    },
    60,
  ));

test("a tensor that is kept on the way of one pass is where the next one begins", () => {
  const shape = [2, 5, 7, 9];
  const x = staged(
    { _tag: "Affine", scale: Float32Array.of(3) },
    { _tag: "Keep", slot: {} },
  )(ofTensor(floats([1, 2], shape)));
  const y = staged({ _tag: "Clip", lo: 0, hi: 6 })(x);
  for (const own of [engine, oracle]) {
    own.beginStep();
    assert.is(settled(x), undefined);
    const { stored } = own.run(y, { store: true }) as PassResult;
    const kept = settled(x);
    assert.ok(kept);
    assert.is(settled(y), undefined);
    // What is behind the slot is not read again.
    elements(kept).fill(5);
    const again = own.run(y, { store: true }) as PassResult;
    assert.ok(stored && elements(stored).some((value) => value !== 5));
    assert.ok(again.stored && elements(again.stored).every((value) => value === 5));
    emptied(slotsOf(x));
  }
});

test("both ends of tensors of one sign, of both, and of zeros of either sign", () => {
  const signs: readonly ((x: number, i: number) => number)[] = [
    (x) => Math.abs(x) + 1,
    (x) => -Math.abs(x) - 1,
    (x) => x,
    (_, i) => (i % 3 === 0 ? -0 : 0),
    (x, i) => (i === 5 ? -0 : Math.abs(x)),
    (x, i) => (i === 5 ? 0 : -Math.abs(x)),
  ];
  for (const size of [1, 6, 37, 1300])
    for (const [i, sign] of signs.entries())
      samePass(ofTensor(tensor(floats([i, size], [size]).data.map(sign), [1, 1, size, 1])), {
        observe: true,
      });
});

test("codes of numbers far beyond the grid, with and without NaN among them", () => {
  const far = [-3e38, -1e30, -4e6, -40000, -32769, -32768.4, -300, 300, 40000, 4e6, 1e30, 3e38, 0.5, -0.5];
  const rarer = [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const numbers of [far, [...far, ...rarer]])
    for (const size of [1, 16, 29, 1100]) {
      const x = Float32Array.from({ length: size }, (_, i) => numbers[(i * 5) % numbers.length] as number);
      for (const bits of [2, 5, 8])
        for (const noise of [undefined, [3, size] as const]) {
          const quantize = {
            params: paramsOf([bits, size], bits, 1),
            gradientMask: true,
            ...(noise && { noise }),
          };
          samePass(ofTensor(tensor(x, [1, 1, 1, size])), { quantize });
        }
    }
});

test("pools and samplings, and their pullbacks", () =>
  check(
    fc.tuple(
      fc.record({
        n: fc.integer({ min: 1, max: 3 }),
        h: fc.integer({ min: 3, max: 9 }),
        w: fc.integer({ min: 3, max: 9 }),
        c: fc.integer({ min: 1, max: 20 }),
      }),
      fc.record({
        kernelHeight: fc.integer({ min: 1, max: 3 }),
        kernelWidth: fc.integer({ min: 1, max: 3 }),
        stride: fc.integer({ min: 1, max: 3 }),
        padding: fc.integer({ min: 0, max: 2 }),
      }),
      keys,
      fc.boolean(),
      fc.integer({ min: 0, max: 5 }),
    ),
    ([{ n, h, w, c }, sides, key, odd, before]) => {
      const padding = Math.min(sides.padding, Math.min(sides.kernelHeight, sides.kernelWidth) - 1);
      const window = { ...sides, padding };
      const shape = [n, h, w, c];
      const small = outputShape(shape, window, c);
      const sampled = subsampled(shape, window.stride, c + 2 * before);
      // Few different numbers, so that windows have several largest ones.
      const x = floats(key, shape, odd);
      if (key[1] & 1) x.data.set(x.data.map(Math.round));
      const dy = floats(branch(key, 1), small, odd);
      const cases: readonly (readonly [Shape, Source])[] = [
        [small, { _tag: "Pool", kind: "max", window, x }],
        [small, { _tag: "Pool", kind: "average", window, x }],
        [shape, { _tag: "Unpool", kind: "max", window, x, dy }],
        [shape, { _tag: "Unpool", kind: "average", window, x, dy }],
        [sampled, { _tag: "Subsample", x, stride: window.stride, before }],
        [shape, { _tag: "Supersample", dy: floats(key, sampled, odd), stride: window.stride, before }],
      ];
      for (const [of, source] of cases)
        samePass({ shape: of, source, stages: stagesOf(key, of, odd) }, { store: true, observe: true });
    },
    120,
  ));

test("the largest of 2x2 windows side by side, over even and odd sides, and its pullback", () =>
  check(
    fc.tuple(
      fc.integer({ min: 2, max: 7 }),
      fc.integer({ min: 2, max: 7 }),
      fc.integer({ min: 1, max: 20 }),
      keys,
      fc.boolean(),
    ),
    ([h, w, c, key, odd]) => {
      const window = { kernelHeight: 2, kernelWidth: 2, stride: 2, padding: 0 };
      const shape = [2, h, w, c];
      const small = outputShape(shape, window, c);
      const x = floats(key, shape, odd);
      if (key[1] & 1) x.data.set(x.data.map(Math.round));
      const dy = floats(branch(key, 1), small, odd);
      samePass(
        { shape: small, source: { _tag: "Pool", kind: "max", window, x }, stages: [] },
        { store: true },
      );
      samePass(
        { shape, source: { _tag: "Unpool", kind: "max", window, x, dy }, stages: [] },
        { store: true },
      );
    },
    100,
  ));

test("updates", () =>
  check(
    fc.tuple(keys, fc.integer({ min: 1, max: 40 }), fc.boolean(), fc.boolean()),
    ([key, size, nesterov, kept]) => {
      engine.beginStep();
      const how = { learningRate: 0.1, momentum: 0.9, nesterov, weightDecay: 1e-4 };
      const three = [1, 2, 3].map((i) => floats(branch(key, i), [size])) as [never, never, never];
      const copies = three.map((x) => {
        const copy = kept ? engine.allocate([size]) : tensor(new Float32Array(size), [size]);
        copy.data.set(elements(x));
        return copy;
      }) as [never, never, never];
      oracle.update(...three, how);
      engine.update(...copies, how);
      for (const i of [0, 1, 2])
        sameNumbers("updated", elements(copies[i] as never), elements(three[i] as never));
    },
    50,
  ));

test("memory: kept tensors are zero and stay, a step is forgotten", () => {
  const own = simd({ bytes: 2 ** 22 });
  const big = own.upload(new Float32Array(700_000).fill(1), [700_000]);
  assert.is(elements(big)[699_999], 1);
  assert.ok(own.memory().step >= 2_800_000);
  own.beginStep();
  assert.is(own.memory().step, 0);
  const kept = own.allocate([300_000]);
  assert.ok(kept.data.every((value) => value === 0));
  kept.data.fill(7);
  own.upload(new Float32Array(1000), [1000]);
  assert.ok(own.memory().kept >= 1_200_000);
  assert.is(kept.data[299_999], 7);
});

test("no room left is told with what was wanted and what was free", () => {
  const own = simd({ bytes: 2 ** 22 });
  assert.throws(
    () => own.allocate([10, 1000, 1000]),
    (error: unknown) =>
      error instanceof RangeflowFailure && /40000000 more bytes needed, \d+ of/.test(error.message),
  );
});

test("the backend tells what runs: relaxed SIMD only where there is some, and never where it is not wanted", () => {
  const hasRelaxed = WebAssembly.validate(bytesOf(probeWasmBase64));
  const bytes = 2 ** 22;
  assert.is(simd({ bytes, relaxed: false }).backend, "webassembly simd128");
  assert.is(simd({ bytes, relaxed: "signed" }).backend, "webassembly simd128, signed bytes spelled out");
  if (hasRelaxed && relaxedBytes() !== "none")
    assert.match(simd({ bytes }).backend, /^webassembly relaxed simd(, 7 bits)?$/);
  else assert.is(simd({ bytes }).backend, "webassembly simd128");
});

test("a pass works on tensors of its own memory and on others", () => {
  engine.beginStep();
  const outside = floats([1, 2], [2, 3, 3, 5]);
  const inside = engine.upload(outside.data, outside.shape);
  const sum = engine.run(staged({ _tag: "Add", other: ofTensor(outside) })(ofTensor(inside)), {
    store: true,
  });
  sameNumbers(
    "sum",
    elements((sum as Required<PassResult>).stored),
    outside.data.map((value) => value + value),
  );
});

test("a pass reads a part of an array that lives outside, wherever the part begins", () => {
  engine.beginStep();
  const inside = engine.upload(new Float32Array(3), [1, 1, 1, 3]);
  const array = Float32Array.from({ length: 9 }, (_, i) => i);
  for (const part of [array, array.subarray(2)]) {
    const other = ofTensor(ndarray(part, [1, 1, 1, 3], undefined, 4));
    const sum = engine.run(staged({ _tag: "Add", other })(ofTensor(inside)), { store: true });
    sameNumbers("sum", elements((sum as Required<PassResult>).stored), part.slice(4, 7));
  }
});

test.run();
