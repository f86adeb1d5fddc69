/** @file The compiled kernels: the exports of `assembly/index.ts`. Pointers are byte addresses, flags 0 or 1. */
import { bytesIn } from "./base64.ts";
import { type Bytes, numberOf } from "./relaxed.ts";
import { relaxedWasmBase64, wasmBase64 } from "./wasm.ts";

type Pointer = number;

/** Exports of the WebAssembly module (`assembly/index.ts`) under their names. */
export interface Kernels {
  multiplyBytes(how: number): void;
  beginShare(which: number, all: number): void;
  open(from: Pointer, to: Pointer): void;
  tablesEnd(): Pointer;
  tableBytes(): number;
  lend(bytes: number): Pointer;
  take(bytes: number): Pointer;
  keep(bytes: number): Pointer;
  mark(): Pointer;
  release(at: Pointer): void;
  reset(): void;
  stepBytes(): number;
  keptBytes(): number;
  freeBytes(): number;

  beginPass(count: number, channels: number, perSample: number): void;
  pushDense(at: Pointer): void;
  pushCodes(at: Pointer, scale: number, zero: number): void;
  pushInt32(at: Pointer): void;
  pushFloat64(at: Pointer): void;
  pushTile(integers: number): void;
  stageAffine(scale: Pointer, scaleLength: number, shift: Pointer, shiftLength: number): void;
  stageClip(lo: number, hi: number): void;
  stageAdd(): void;
  stageGate(lo: number, hi: number): void;
  stageMask(at: Pointer): void;
  stageKeep(at: Pointer): void;
  stageNormalize(
    mean: Pointer,
    meanLength: number,
    scale: Pointer,
    scaleLength: number,
    shift: Pointer,
    shiftLength: number,
  ): void;
  stageCombine(
    scale: Pointer,
    scaleLength: number,
    mean: Pointer,
    meanLength: number,
    slope: Pointer,
    slopeLength: number,
    shift: Pointer,
    shiftLength: number,
  ): void;
  sinkStore(to: Pointer): void;
  beginQuantize(inverse: number, qmin: number, qmax: number, zeroPoint: number): void;
  beginNoise(k0: number, k1: number): void;
  sinkQuantize(to: Pointer, gradientMask: Pointer): void;
  sinkObserve(): void;
  sinkChannelSums(around: Pointer, aroundLength: number, to: Pointer, rows: Pointer, other: number): void;
  runPass(): void;
  clippedCount(): number;
  observedMin(): number;
  observedMax(): number;
  notFiniteCount(): number;

  convolution(
    backward: number,
    n: number,
    h: number,
    w: number,
    i: number,
    toH: number,
    toW: number,
    o: number,
    kernelH: number,
    kernelW: number,
    stride: number,
    padding: number,
    groups: number,
  ): void;
  integerProduct(
    depthwise: number,
    x: Pointer,
    zero: number,
    w: Pointer,
    zeros: Pointer,
    zeroStep: number,
    raw: Pointer,
  ): void;
  floatProduct(depthwise: number, x: Pointer, w: Pointer): void;
  integerWeightGradient(dy: Pointer, dyZero: number, x: Pointer, xZero: number, to: Pointer): void;
  floatWeightGradient(dy: Pointer, x: Pointer, to: Pointer): void;
  depthwiseIntegerWeightGradient(dy: Pointer, dyZero: number, x: Pointer, xZero: number, to: Pointer): void;
  depthwiseFloatWeightGradient(dy: Pointer, x: Pointer, to: Pointer): void;

  areUpTo(end: number, x: Pointer, count: number): number;
  beginBlocks(bits: number, size: number, mode: number): void;
  integersInBlocks(
    x: Pointer,
    count: number,
    samples: number,
    channels: number,
    noisy: number,
    k0: number,
    k1: number,
    codes: Pointer,
    scales: Pointer,
    values: Pointer,
    otherCodes: Pointer,
    otherScales: Pointer,
  ): number;
  blockProduct(x: Pointer, xScales: Pointer, w: Pointer, wScales: Pointer, size: number): void;
  blockWeightGradient(
    dy: Pointer,
    dyScales: Pointer,
    x: Pointer,
    xScales: Pointer,
    size: number,
    to: Pointer,
  ): void;

  integerProductPerSample(x: Pointer, zero: number, w: Pointer, zeros: Pointer, raw: Pointer): void;
  floatProductPerSample(x: Pointer, w: Pointer): void;
  integerWeightGradientPerSample(dy: Pointer, dyZero: number, x: Pointer, xZero: number, to: Pointer): void;
  floatWeightGradientPerSample(dy: Pointer, x: Pointer, to: Pointer): void;

  addShares(from: Pointer, count: number, shares: number, to: Pointer): void;
  addRuns(rows: Pointer, runs: number, count: number, to: Pointer): void;

  exp(x: Pointer, count: number): void;
  pool(largest: number, x: Pointer, scale: number): void;
  unpool(largest: number, x: Pointer, dy: Pointer, scale: number): void;
  subsample(x: Pointer, before: number): void;
  supersample(dy: Pointer, before: number): void;
  dequantizeChannels(
    codes: Pointer,
    channels: number,
    each: number,
    scales: Pointer,
    zeros: Pointer,
    to: Pointer,
  ): void;
  update(
    parameter: Pointer,
    velocity: Pointer,
    gradient: Pointer,
    count: number,
    learningRate: number,
    momentum: number,
    weightDecay: number,
    nesterov: number,
  ): void;
}

/** Instruction for products of bytes, and whether it is relaxed SIMD or emulated in int16. */
export interface Multiplication {
  readonly bytes: Bytes;
  readonly relaxed: boolean;
}

const compiled = new Map<string, WebAssembly.Module>();

/** Bytes with which a module imports a memory with a maximum, unshared or shared; they differ in one bit. */
const importOfMemory = "\x03env\x06memory\x02\x01";
const importOfSharedMemory = "\x03env\x06memory\x02\x03";

/** The module, compiled once for each kind. */
export const moduleOf = (relaxed: boolean, shared: boolean): WebAssembly.Module => {
  const name = `${relaxed} ${shared}`;
  let module = compiled.get(name);
  if (module === undefined) {
    const wasm = atob(relaxed ? relaxedWasmBase64 : wasmBase64);
    module = new WebAssembly.Module(
      bytesIn(shared ? wasm.replace(importOfMemory, importOfSharedMemory) : wasm),
    );
    compiled.set(name, module);
  }
  return module;
};

/** Instantiates the kernels over a memory. `refuse` is called, and must throw, if there is no room for a number of bytes. */
export const instantiate = (
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  refuse: (wanted: number) => never,
  bytes: Bytes,
): Kernels => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, home: 0, refuse } });
  const kernels = exports as unknown as Kernels;
  kernels.multiplyBytes(numberOf(bytes));
  return kernels;
};
