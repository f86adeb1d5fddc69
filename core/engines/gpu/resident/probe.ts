/**
 * @file Check that a device computes the same bits as the reference: a few passes on both, before the device is used.
 *
 * WGSL permits a device to compute a * b + c with one rounding, to divide inexactly, and to assume that nothing is infinite or NaN.
 * The passes therefore contain every float32 formula of a step, on numbers where a second rounding makes a difference. Numbers
 * below 2^-126 are left out: WGSL permits a device to treat them as 0, and SwiftShader does.
 */
import type { Engine } from "../../../engine.ts";
import { type Expr, ofTensor, type Source, staged } from "../../../expr.ts";
import type { PassResult, Sinks } from "../../../pass.ts";
import { uniform } from "../../../random.ts";
import { codes, elements, type Shape, sizeOf, type Tensor, tensor } from "../../../tensor.ts";
import { reference } from "../../reference/engine.ts";

/** Calls of an engine used to probe a device. */
type Device = Pick<Engine, "run" | "read" | "update" | "allocateResident">;

const shape: Shape = [2, 8, 8, 16];

/** Numbers of many magnitudes; with `odd`, every ninth is zero, infinite, NaN, or halfway between two codes. */
const numbers = (seed: number, size: number, odd = false): Float32Array => {
  const odds = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5, 1.5, -2.5, 3e38];
  return Float32Array.from({ length: size }, (_, i) =>
    odd && i % 9 === 0
      ? (odds[(i / 9) % odds.length] as number)
      : (uniform([seed, 1], i) - 0.5) * 2 ** Math.floor(8 * uniform([seed, 2], i)),
  );
};

const floats = (seed: number, of: Shape, odd = false): Tensor => tensor(numbers(seed, sizeOf(of), odd), of);

const params = (scale: number, zeroPoint: number) => ({
  bits: 8,
  qmin: -128,
  qmax: 127,
  scale: Float32Array.of(scale),
  zeroPoint: Int32Array.of(zeroPoint),
});

interface Trial {
  readonly x: Expr;
  readonly sinks: Sinks;
}

const window = { kernelHeight: 3, kernelWidth: 3, stride: 2, padding: 1 };

const windowed = (of: Shape, source: Source): Trial => ({
  x: { shape: of, source, stages: [] },
  sinks: { store: true },
});

/** Every stage, sink and source whose formula rounds or compares. */
const trials = (): readonly Trial[] => {
  const channels = shape[3] as number;
  const vector = (seed: number): Float32Array => numbers(seed, channels);
  const stages = staged(
    { _tag: "Affine", scale: vector(1), shift: vector(2) },
    { _tag: "Normalize", mean: vector(21), scale: vector(22), shift: vector(23) },
    { _tag: "Clip", lo: 0, hi: 60 },
    { _tag: "Add", other: ofTensor(floats(3, shape)) },
    {
      _tag: "Combine",
      other: ofTensor(floats(4, shape)),
      scale: vector(5),
      mean: vector(6),
      slope: vector(7),
      shift: vector(8),
    },
    { _tag: "Gate", other: ofTensor(floats(9, shape, true)), lo: -3, hi: 20 },
    { _tag: "Mask", gradientMask: codes(new Int8Array(sizeOf(shape)).fill(1, 7), shape) },
  );
  const sinks = { store: true, observe: true, channelSums: { around: vector(10) } };
  const stochastic = { params: params(0.7, 3), gradientMask: true, noise: [16, 17] } as const;
  /** A scale that puts some numbers halfway between two codes. */
  const nearest = { params: params(1, 3), gradientMask: true };
  const small = [2, 4, 4, channels];
  const [x, dy] = [floats(11, shape, true), floats(12, small)];
  const conv = { ...window, inChannels: channels, outChannels: 4, groups: 2 };
  const product = {
    _tag: "Forward",
    conv,
    shape: [2, 4, 4, 4],
    x: { _tag: "Dense", x: floats(13, shape) },
    w: { _tag: "Dense", x: floats(14, [4, 3, 3, channels / 2]) },
  } as const;
  const q = {
    codes: codes(
      Int8Array.from({ length: sizeOf(shape) }, (_, i) => i),
      shape,
    ),
    params: params(0.3, -5),
  };
  return [
    {
      x: stages(ofTensor(floats(15, shape))),
      sinks: { ...sinks, quantize: stochastic },
    },
    { x: ofTensor(x), sinks: { ...sinks, quantize: nearest } },
    windowed(shape, { _tag: "Codes", q }),
    windowed(small, { _tag: "Pool", kind: "average", window, x }),
    windowed(shape, { _tag: "Unpool", kind: "average", window, x, dy }),
    windowed(small, { _tag: "Pool", kind: "max", window, x }),
    windowed(product.shape, { _tag: "Product", product }),
  ];
};

const same = (a: ArrayLike<number> | undefined, b: ArrayLike<number> | undefined): boolean => {
  if (a === undefined || b === undefined || a.length !== b.length) return a === b;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
};

/** All numbers of a result, once its tensors are on the host. */
const parts = async (read: Engine["read"], result: PassResult): Promise<readonly ArrayLike<number>[]> => {
  const { stored, codes: integers, gradientMask } = result;
  const range = await result.range;
  const clipped = (await result.clipped) ?? 0;
  const channelSums = await result.channelSums;
  const tensors = [
    stored && (await read(stored)),
    integers && (await read(integers)),
    gradientMask && (await read(gradientMask)),
  ];
  return [
    ...tensors.map((one) => (one ? elements(one) : [])),
    range ? Object.values(range) : [],
    [clipped],
    channelSums?.first ?? [],
    channelSums?.second ?? [],
  ];
};

const updated = async (engine: Device): Promise<ArrayLike<number>> => {
  const random = (seed: number) => engine.allocateResident([99], (values) => values.set(numbers(seed, 99)));
  const [parameter, velocity] = [random(18), random(19)];
  const { stored } = await engine.run(ofTensor(floats(20, [99])), { store: true });
  const how = { learningRate: 0.1, momentum: 0.9, weightDecay: 1e-3 };
  for (const nesterov of [false, true])
    await engine.update(parameter, velocity, stored as Tensor, { ...how, nesterov });
  return [...elements(await engine.read(parameter)), ...elements(await engine.read(velocity))];
};

/** Whether the device gives the bits of the reference in all trials. */
export const agrees = async (device: Device): Promise<boolean> => {
  const oracle = reference();
  for (const { x, sinks } of trials()) {
    const found = await parts(device.read, await device.run(x, sinks));
    const expected = await parts(oracle.read, await oracle.run(x, sinks));
    if (!found.every((one, i) => same(one, expected[i]))) return false;
  }
  return same(await updated(device), await updated(oracle));
};
