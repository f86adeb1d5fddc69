/**
 * @file The gpu.js engine gives the sums of the reference, to the bit, on every backend that is present.
 *
 * cpu and webasm always run. WebGPU runs where the package `webgpu` (0.6 or later), or the module that the environment variable
 * RANGEFLOW_WEBGPU names, can be imported and finds an adapter; otherwise the name of its suite says why it was skipped.
 */
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { type GpuEngine, gpu } from "../../../core/engines/gpu/engine.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { selectEngine } from "../../../core/engines/registry.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { describe } from "../../../core/errors.ts";
import { ofProduct, staged } from "../../../core/expr.ts";
import type { Operand, Product } from "../../../core/product.ts";
import { type Shape, sizeOf, tensor } from "../../../core/tensor.ts";
import {
  aGeometry,
  conv,
  fullScale,
  plus127,
  productOf,
  quantized,
  scattered,
  tags,
} from "../../support/codeProducts.ts";
import { fetched } from "../../support/fetched.ts";
import { sameResult } from "../../support/sameResult.ts";
import { nodeWebGpu, openWebGpu } from "../../support/webgpu.ts";

const exactly = (actual: ArrayLike<number>, expected: ArrayLike<number>): boolean =>
  actual.length === expected.length &&
  Array.prototype.every.call(actual, (value, i) => value === expected[i]);

const oracle = reference();

const givesTheReferencesSums = (engine: GpuEngine, synchronous: boolean, runs: number): void => {
  const test = suite(`gpu engine on ${engine.backend}`);

  const agrees = async (product: Product): Promise<void> => {
    const sums = await engine.accumulate(product);
    const expected = await oracle.accumulate(product);
    assert.equal(sums.shape, expected.shape);
    assert.is(sums.data.constructor, expected.data.constructor);
    assert.ok(exactly(sums.data, expected.data), "the sums differ");
  };

  for (const tag of tags)
    test(`${tag}: odd sizes, strides, padding, groups, bits and zero points`, () =>
      fc.assert(
        fc.asyncProperty(aGeometry, ({ n, h, w, bits, seed, ...shape }) => {
          const zeroPoint = (seed % 2 ** bits) - 2 ** (bits - 1);
          const perChannel = Array.from({ length: shape.outChannels }, (_, o) => (o % 3) - 1);
          return agrees(
            productOf(tag, shape, [n, h, w], (name, side) =>
              quantized(
                side,
                bits,
                name === "w" ? perChannel : [zeroPoint],
                scattered(seed + name.length, bits),
              ),
            ),
          );
        }),
        { numRuns: runs, seed: 7 },
      ));

  test("4608 taps of 255 * 255 and of 127 * 255 are added exactly", async () => {
    const wide = (operand: (name: string, shape: Shape) => Operand) =>
      productOf("Forward", conv(3, [512, 3]), [1, 3, 4], operand);
    const most = await engine.accumulate(wide((_, shape) => fullScale(shape)));
    assert.ok(exactly(most.data, new Array(6).fill(4608 * 255 * 255)));
    const mixed = await engine.accumulate(wide((name, s) => (name === "w" ? plus127(s) : fullScale(s))));
    assert.ok(exactly(mixed.data, new Array(6).fill(-4608 * 127 * 255)));
  });

  test("weight gradients past 2^31 and past 2^36 are neither wrapped nor rounded", async () => {
    const over = (n: number, side: number) =>
      engine.accumulate(
        productOf("BackwardWeight", conv(1, [1, 1]), [n, side, side], (_, s) => fullScale(s)),
      );
    assert.is((await over(9, 61)).data[0], 9 * 61 * 61 * 255 * 255);
    assert.is((await over(17, 251)).data[0], 17 * 251 * 251 * 255 * 255);
    assert.ok(9 * 61 * 61 * 255 * 255 > 2 ** 31 && 17 * 251 * 251 * 255 * 255 > 2 ** 36);
  });

  test("big batches are cut into slices, and a sample that no slice can hold is left to the host", async () => {
    const image = (n: number, side: number) =>
      productOf("Forward", conv(1, [1, 2]), [n, side, side], (name, s) =>
        quantized(s, 8, [3], scattered(name.length, 8)),
      );
    await agrees(image(5, 251));
    await agrees(image(1, 513));
  });

  test("kernels are compiled once per geometry and remember nothing but it", async () => {
    const product = (seed: number) =>
      productOf("Forward", conv(3, [4, 6], { padding: 1 }), [2, 5, 5], (_, s) =>
        quantized(s, 8, [1], scattered(seed, 8)),
      );
    await agrees(product(1));
    const { kept } = engine.memory();
    await agrees(product(2));
    assert.is(engine.memory().kept, kept);
    engine.beginStep();
    assert.is(engine.memory().step, 0);
  });

  test("a pass with integer products anywhere in it equals the reference's", async () => {
    const product = (seed: number) =>
      productOf("BackwardInput", conv(3, [4, 6], { padding: 1, stride: 2 }), [2, 5, 5], (_, s) =>
        quantized(s, 8, [1], scattered(seed, 8)),
      );
    const around = new Float32Array(4).fill(3);
    const pass = staged(
      { _tag: "Affine", scale: Float32Array.of(0.25) },
      { _tag: "Add", other: ofProduct(product(2)) },
    )(ofProduct(product(1)));
    const sinks = { store: true, observe: true, channelSums: { of: ofProduct(product(3)), around } };
    sameResult(await fetched(engine, await engine.run(pass, sinks)), await oracle.run(pass, sinks));
  });

  test("a float product equals the reference's", async () => {
    const dense = (_: string, shape: Shape): Operand => ({
      _tag: "Dense",
      x: tensor(
        Float32Array.from({ length: sizeOf(shape) }, (_, i) => i / 8),
        shape,
      ),
    });
    const pass = ofProduct(productOf("Forward", conv(2, [3, 2]), [1, 3, 3], dense));
    const result = await fetched(engine, await engine.run(pass, { store: true }));
    sameResult(result, await oracle.run(pass, { store: true }));
  });

  test(synchronous ? "answers at once" : "answers with a promise", () => {
    const product = productOf("Forward", conv(1, [2, 2]), [1, 1, 1], (_, s) => plus127(s));
    const answers = [engine.accumulate(product), engine.run(ofProduct(product), { store: true })];
    for (const answer of answers) assert.is("then" in answer, !synchronous);
    return Promise.all(answers).then(() => {});
  });

  test("an empty batch has sums of nothing", async () => {
    const empty = productOf("BackwardWeight", conv(1, [2, 3]), [0, 1, 1], (_, s) => plus127(s));
    assert.ok(exactly((await engine.accumulate(empty)).data, new Array(6).fill(0)));
  });

  test.after(() => engine.dispose());
  test.run();
};

const opened = async (host: Engine, mode: "cpu" | "webasm"): Promise<GpuEngine> => {
  const engine = await gpu({ host, mode });
  if (E.isLeft(engine)) throw new Error(describe(engine.left));
  return engine.right;
};

const globalsBefore = Object.getOwnPropertyNames(globalThis);

// All engines are opened before the first suite starts, because uvu runs the suites that it knows by then.
const cpu = await opened(reference(), "cpu");
const webasm = await opened(simd(), "webasm");
const webgpu = await openWebGpu(simd());

givesTheReferencesSums(cpu, true, 40);
givesTheReferencesSums(webasm, true, 40);
if (webgpu instanceof Error) {
  const test = suite(`gpu engine on WebGPU is SKIPPED: ${webgpu.message.split("\n")[0]}`);
  test.skip("needs the package webgpu 0.6 and an adapter, or RANGEFLOW_WEBGPU as the path of the package");
  test.run();
} else givesTheReferencesSums(webgpu, false, 12);

const test = suite("gpu engine, in general");

test("auto takes what runs, and says what it took", async () => {
  const engine = await gpu({ host: reference() });
  assert.ok(E.isRight(engine));
  assert.match(engine.right.backend, /^gpu\.js (webasm|webgl2|webgl|headlessgl)$/);
  engine.right.dispose();
});

test("selectEngine gives the engine that was asked for, and simd where auto finds no GPU", async () => {
  const named = await Promise.all(
    (["auto", "simd", "reference", "gpu"] as const).map((name) => selectEngine(name)),
  );
  const engines = named.map((engine) => (E.isRight(engine) ? engine.right : assert.unreachable()));
  assert.equal(
    engines.map((engine) => engine?.name),
    ["simd", "simd", "reference", "gpu"],
  );
  for (const engine of engines) engine?.dispose();
});

test("auto takes no software adapter", async () => {
  if (webgpu instanceof Error || !webgpu.adapter?.software) return;
  const engine = await selectEngine("auto", { navigatorGpu: await nodeWebGpu() });
  assert.ok(E.isRight(engine));
  assert.is(engine.right.name, "simd");
  engine.right.dispose();
});

test("WebGPU without a GPU object is a problem, not a crash", async () => {
  const engine = await gpu({ host: reference(), mode: "webgpu" });
  assert.ok(E.isLeft(engine));
  assert.match(describe(engine.left), /^engine gpu: there is no WebGPU here, expected .*\.$/);
});

test("a GPU object without an adapter leaves auto with another backend", async () => {
  const blind = { requestAdapter: async () => null } as unknown as GPU;
  const engine = await gpu({ host: reference(), navigatorGpu: blind });
  assert.ok(E.isRight(engine));
  assert.not.match(engine.right.backend, /webgpu/);
  engine.right.dispose();
});

test("no global is left behind", () => {
  assert.equal(Object.getOwnPropertyNames(globalThis), globalsBefore);
});

test.run();
