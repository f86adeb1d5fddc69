/**
 * @file Passes, products and updates on a WebGPU device equal the reference to the bit, and leave what they make there.
 *
 * Runs where the package `webgpu` finds an adapter, a software one such as SwiftShader too.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { GpuEngine } from "../../../core/engines/gpu/engine.ts";
import type { ReadBack } from "../../../core/engines/gpu/resident/machine.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { type Expr, ofProduct, ofTensor, type Slot, type Source, staged } from "../../../core/expr.ts";
import type { PassResult, Sinks } from "../../../core/pass.ts";
import type { Operand, Product } from "../../../core/product.ts";
import { branch } from "../../../core/random.ts";
import { outputShape, subsampled } from "../../../core/shape.ts";
import {
  codes,
  type HostTensor,
  isOnDevice,
  reshaped,
  type Shape,
  sizeOf,
  type Tensor,
  tensor,
} from "../../../core/tensor.ts";
import { fullScale } from "../../support/codeProducts.ts";
import { elements } from "../../support/elements.ts";
import { everySink, exprOf, slotsOf, smallShapes, stagesOf } from "../../support/everyPass.ts";
import {
  convolutions,
  floats,
  integers,
  keys,
  productsOf,
  smallImages,
  threeByThree,
} from "../../support/everyProduct.ts";
import { fetched } from "../../support/fetched.ts";
import { type Numbers, sameNumbers, sameResult } from "../../support/sameResult.ts";
import { openWebGpu } from "../../support/webgpu.ts";

const oracle = reference();

/** Codes with which 551 products in a row are as large as they can be, and 549 as small. */
const firstHalfNegative = (shape: Shape): Operand => {
  const full = fullScale(shape) as Extract<Operand, { readonly _tag: "Codes" }>;
  const zeroPoint = Int32Array.of(0);
  const data = Int8Array.from({ length: sizeOf(shape) }, (_, i) => (i % 1100 < 551 ? -127 : 127));
  return { _tag: "Codes", q: { codes: codes(data, shape), params: { ...full.q.params, zeroPoint } } };
};

const odds = fc.constantFrom(false, "normal" as const);

const equalsTheReference = (engine: GpuEngine, readBack: () => ReadBack): void => {
  const test = suite(`resident on ${engine.backend}`);

  const emptied = async (slots: readonly Slot[]): Promise<readonly (Float32Array | undefined)[]> => {
    const found: (Float32Array | undefined)[] = [];
    for (const { tensor: kept } of slots)
      found.push(kept && Float32Array.from(elements(await engine.read(kept))));
    for (const slot of slots) delete slot.tensor;
    return found;
  };

  const samePass = async (x: Expr, sinks: Sinks): Promise<void> => {
    const slots = [x, sinks.channelSums?.of].flatMap((expr) => (expr ? slotsOf(expr) : []));
    engine.beginStep();
    const result = await fetched(engine, await engine.run(x, sinks));
    const kept = await emptied(slots);
    sameResult(result, oracle.run(x, sinks) as PassResult);
    (await emptied(slots)).forEach((expected, i) => {
      sameNumbers("kept", kept[i] as Numbers, expected as Numbers);
    });
  };

  const check = <T>(arbitrary: fc.Arbitrary<T>, law: (value: T) => Promise<void>, numRuns: number) =>
    fc.assert(fc.asyncProperty(arbitrary, law), { numRuns, seed: 20, includeErrorInReport: true });

  test("stages on every source, with every sink", () =>
    check(
      fc.tuple(smallShapes, keys, odds, fc.boolean()),
      async ([shape, key, odd, withOther]) => {
        const x = staged(...stagesOf(key, shape, odd))(exprOf(branch(key, 1), shape, odd));
        const of = withOther ? exprOf(branch(key, 2), shape, odd) : undefined;
        await samePass(x, everySink(branch(key, 3), shape[3] as number, of));
      },
      40,
    ));

  test("each sink alone, and none", () =>
    check(
      fc.tuple(smallShapes, keys),
      async ([shape, key]) => {
        const x = ofTensor(floats(key, shape, (key[0] & 1) === 0 && "normal"));
        const { store, observe, quantize, channelSums } = everySink(
          key,
          shape[3] as number,
        ) as Required<Sinks>;
        for (const sinks of [{}, { store }, { observe }, { quantize }, { channelSums }])
          await samePass(x, sinks);
      },
      8,
    ));

  test("all three products, in integers and in float32", () =>
    check(
      fc.tuple(
        fc.oneof(convolutions, threeByThree, smallImages),
        keys,
        fc.integer({ min: 2, max: 8 }),
        fc.boolean(),
      ),
      async ([shapes, key, bits, perChannel]) => {
        const ofCodes = (shape: Shape, channels: number, side: number) =>
          integers(branch(key, side), shape, bits, perChannel ? channels : 1, side === 2 && key[0] % 2 === 0);
        const ofFloats = (shape: Shape, _: number, side: number) =>
          ({ _tag: "Dense", x: floats(branch(key, side), shape) }) as const;
        const products: readonly Product[] = productsOf(shapes, key[1] % 3 === 0 ? ofFloats : ofCodes);
        for (const product of products) {
          const channels = product.shape[3] as number;
          const shift = elements(floats(branch(key, 7), [channels]));
          const x = staged({ _tag: "Affine", scale: Float32Array.of(2 ** -9), shift })(ofProduct(product));
          await samePass(x, { store: true });
        }
      },
      25,
    ));

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
        odds,
        fc.integer({ min: 0, max: 5 }),
      ),
      async ([{ n, h, w, c }, sides, key, odd, before]) => {
        const padding = Math.min(sides.padding, Math.min(sides.kernelHeight, sides.kernelWidth) - 1);
        const window = { ...sides, padding };
        const shape = [n, h, w, c];
        const small = outputShape(shape, window, c);
        const sampled = subsampled(shape, window.stride, c + 2 * before);
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
          await samePass({ shape: of, source, stages: [] }, { store: true, observe: true });
      },
      12,
    ));

  test("a sum of more products than two carries hold, and sums past 2^36", async () => {
    const code = (shape: Shape) => integers([5, 6], shape, 8);
    const conv = { kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0, groups: 1 };
    const wide = { ...conv, inChannels: 1100, outChannels: 2 };
    for (const w of [code([2, 1, 1, 1100]), firstHalfNegative([2, 1, 1, 1100])]) {
      const x = fullScale([1, 2, 2, 1100]);
      await samePass(ofProduct({ _tag: "Forward", conv: wide, shape: [1, 2, 2, 2], x, w }), { store: true });
    }
    const one = { ...conv, inChannels: 1, outChannels: 1 };
    const many = code([17, 251, 251, 1]);
    await samePass(ofProduct({ _tag: "BackwardWeight", conv: one, shape: [1, 1, 1, 1], dy: many, x: many }), {
      store: true,
    });
  });

  test("updates, of parameters on the host and on the device", () =>
    check(
      fc.tuple(keys, fc.integer({ min: 1, max: 400 }), fc.boolean()),
      async ([key, size, nesterov]) => {
        const how = { learningRate: 0.1, momentum: 0.9, nesterov, weightDecay: 1e-4 };
        const [p, v, g] = [1, 2, 3].map((i) => floats(branch(key, i), [size])) as unknown as [
          HostTensor,
          HostTensor,
          HostTensor,
        ];
        const [parameter, velocity] = [p, v].map((first) =>
          engine.allocateResident([size], (values) => values.set(elements(first))),
        ) as [Tensor, Tensor];
        for (let step = 0; step < 3; step++) {
          engine.beginStep();
          const { stored } = await engine.run(ofTensor(g), { store: true });
          await engine.update(parameter, velocity, stored as Tensor, how);
          oracle.update(p, v, g, how);
          assert.ok(isOnDevice(parameter) && isOnDevice(velocity));
        }
        sameNumbers("parameter", elements(await engine.read(parameter)), elements(p));
        sameNumbers("velocity", elements(await engine.read(velocity)), elements(v));
      },
      8,
    ));

  test("what a pass makes stays on the device, is read on demand, and is gone when released or with its step", async () => {
    engine.beginStep();
    const before = readBack();
    const x = floats([1, 2], [2, 5, 7, 9]);
    const { stored } = (await engine.run(ofTensor(x), { store: true })) as Required<PassResult>;
    assert.equal(readBack(), before);
    assert.ok(isOnDevice(stored));
    assert.throws(() => elements(stored), /^internal: a tensor of 2x5x7x9 is on a device/);
    const flat = reshaped(stored, [2, 1, 1, 315]);
    sameNumbers("flat", elements(await engine.read(flat)), elements(x));
    assert.is(readBack().times, before.times + 1);
    assert.is(readBack().bytes, before.bytes + 4 * 630);
    const releasing = staged({ _tag: "Release", released: [stored] })(ofTensor(stored));
    await engine.run(releasing, { observe: true });
    assert.throws(() => elements(stored), /read after its memory was freed/);
    assert.throws(() => engine.read(flat), /read after its memory was freed/);
    const next = (await engine.run(ofTensor(x), { store: true })) as Required<PassResult>;
    assert.ok(engine.memory().step > 0);
    engine.beginStep();
    assert.is(engine.memory().step, 0);
    assert.throws(() => engine.read(next.stored), /read after its memory was freed/);
  });

  test("tensors without elements and tensors of more rows than a dispatch has are left to the host", async () => {
    await samePass(ofTensor(tensor(new Float32Array(0), [0, 2, 2, 3])), { store: true, observe: true });
    const many = ofTensor(floats([3, 4], [65536, 1, 2, 1]));
    await samePass(staged({ _tag: "Clip", lo: -1, hi: 1 })(many), { store: true, observe: true });
  });

  test("the engine is closed", () => engine.dispose());
  test.run();
};

const webgpu = await openWebGpu(simd({ bytes: 2 ** 26 }));
if (webgpu instanceof Error) {
  const test = suite(`resident is SKIPPED: ${webgpu.message.split("\n")[0]}`);
  test.skip("needs the package webgpu and an adapter");
  test.run();
} else if (webgpu.readBack === undefined) throw new Error(`passes run on the host: ${webgpu.backend}`);
else equalsTheReference(webgpu, webgpu.readBack);
