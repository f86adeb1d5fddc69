/** @file The compiled kernels: what `assembly/index.ts` exports, as JavaScript sees it. Pointers are bytes from 0, flags 0 or 1. */
import { bytesOf } from "./bytesOf.ts";
import { type Bytes, numberOf } from "./relaxed.ts";
import { relaxedWasmBase64, wasmBase64 } from "./wasm.ts";

type Pointer = number;

export interface Kernels {
  multiplyBytes(how: number): void;
  open(bytes: number): void;
  take(bytes: number): Pointer;
  keep(bytes: number): Pointer;
  mark(): Pointer;
  release(at: Pointer): void;
  reset(): void;
  stepBytes(): number;
  keptBytes(): number;
  freeBytes(): number;

  beginPass(channels: number, perSample: number): void;
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
  sinkQuantize(to: Pointer, inside: Pointer): void;
  sinkObserve(): void;
  sinkChannelSums(around: Pointer, aroundLength: number, to: Pointer, other: number): void;
  runElements(first: number, count: number, tile: Pointer): void;
  endPass(): void;
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

  pool(largest: number, x: Pointer, scale: number, y: Pointer): void;
  unpool(largest: number, x: Pointer, dy: Pointer, scale: number, dx: Pointer): void;
  subsample: Resample;
  supersample: Resample;
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

type Resample = (
  from: Pointer,
  n: number,
  height: number,
  width: number,
  channels: number,
  smallHeight: number,
  smallWidth: number,
  smallChannels: number,
  stride: number,
  before: number,
  to: Pointer,
) => void;

/** How products of bytes are computed, and whether by the processor itself or spelled out in int16. */
export interface Multiplication {
  readonly bytes: Bytes;
  readonly relaxed: boolean;
}

const compiled: { plain?: WebAssembly.Module; relaxed?: WebAssembly.Module } = {};

const moduleOf = (relaxed: boolean): WebAssembly.Module => {
  if (relaxed) {
    compiled.relaxed ??= new WebAssembly.Module(bytesOf(relaxedWasmBase64));
    return compiled.relaxed;
  }
  compiled.plain ??= new WebAssembly.Module(bytesOf(wasmBase64));
  return compiled.plain;
};

/** The kernels over a memory; `refuse` is called, and must throw, when there is no room for so many bytes. */
export const instantiate = (
  memory: WebAssembly.Memory,
  refuse: (wanted: number) => never,
  { bytes, relaxed }: Multiplication,
): Kernels => {
  const { exports } = new WebAssembly.Instance(moduleOf(relaxed), { env: { memory, refuse } });
  const kernels = exports as unknown as Kernels;
  kernels.multiplyBytes(numberOf(bytes));
  return kernels;
};
