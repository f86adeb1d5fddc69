/**
 * @file The SIMD engine: passes in WebAssembly, on tensors that live in one WebAssembly memory.
 *
 * Equal to `kernels/reference` to the bit: codes, sums, ranges and floats.
 */
import ndarray, { type NdArray } from "ndarray";
import { bytesRead, bytesWritten, sourceBytes } from "../../bytesMoved.ts";
import type { Engine } from "../../engine.ts";
import { internal } from "../../errors.ts";
import {
  channelsOf,
  countOf,
  isInteger,
  type Lazy,
  type PassResult,
  type Product,
  releasedBy,
  resumed,
  type Sinks,
  type Slot,
  type Sums,
  tensorOf,
} from "../../pass.ts";
import { inverseScale } from "../../qparams.ts";
import { sizeOf, type Tensor } from "../../tensor.ts";
import type { Kernels, Multiplication } from "./kernels.ts";
import { type Memory, openMemory } from "./memory.ts";
import { convolved, handingOver, handsOver, weightGradient, workOf } from "./products.ts";
import { deepest, isPlain, type Places, place, prepared, push } from "./program.ts";
import { relaxedBytes } from "./relaxed.ts";
import type { Threads } from "./threads.ts";
import { dequantized, windowed } from "./windows.ts";

/** Room for what a pass leaves behind. */
const resultsOf = (memory: Memory, { shape }: Lazy, channels: number, sinks: Sinks) => ({
  stored: sinks.store ? memory.tensor(shape) : undefined,
  codes: sinks.quantize ? memory.codes(shape) : undefined,
  inside: sinks.quantize?.inside ? memory.codes(shape) : undefined,
  sums: sinks.channelSums ? memory.float64(2 * channels) : undefined,
});

type Results = ReturnType<typeof resultsOf>;

const pushSinks = (
  memory: Memory,
  kernels: Kernels,
  sinks: Sinks,
  { stored, codes, inside, sums }: Results,
  rows: number,
  of: Lazy | undefined,
  places: Places,
): void => {
  if (stored) kernels.sinkStore(stored.data.byteOffset);
  if (sinks.quantize && codes) {
    const { params, noise } = sinks.quantize;
    const [scale] = params.scale as unknown as [number];
    const [zeroPoint] = params.zeroPoint as unknown as [number];
    kernels.beginQuantize(inverseScale(scale), params.qmin, params.qmax, zeroPoint);
    if (noise) kernels.beginNoise(...noise);
    kernels.sinkQuantize(codes.data.byteOffset, inside?.data.byteOffset ?? 0);
  }
  if (sinks.observe) kernels.sinkObserve();
  if (sinks.channelSums && sums) {
    const { around } = sinks.channelSums;
    if (of) push(memory, kernels, of, places);
    const { byteOffset } = sums;
    kernels.sinkChannelSums(memory.at(around), around.length, byteOffset, rows, +(of !== undefined));
  }
};

const passResult = (
  { crew }: Memory,
  count: number,
  channels: number,
  sinks: Sinks,
  results: Results,
  moved: number,
): PassResult => {
  const { stored, codes, inside, sums } = results;
  return {
    moved,
    ...(stored && { stored }),
    ...(codes && { codes, clipped: crew.clipped() }),
    ...(inside && { inside }),
    ...(sinks.observe && { range: crew.observed(count) }),
    ...(sums && { channelSums: { first: sums.subarray(0, channels), second: sums.subarray(channels) } }),
  };
};

/** The source as elements that can be read one by one, or as a product that hands over its sums tile by tile. */
const rooted = (memory: Memory, lazy: Lazy): Lazy => {
  const { source, shape } = lazy;
  switch (source._tag) {
    case "Pool":
    case "Unpool":
    case "Subsample":
    case "Supersample":
      return { ...lazy, source: { _tag: "Dense", x: windowed(memory, source, shape) } };
    case "Codes":
      return isPlain(lazy) ? lazy : { ...lazy, source: { _tag: "Dense", x: dequantized(memory, source.q) } };
    case "Product": {
      if (source.product._tag !== "BackwardWeight" || handsOver(memory, source.product)) return lazy;
      const sums = ndarray(weightGradient(memory, source.product), [...shape]);
      return { ...lazy, source: { _tag: "Sums", sums } };
    }
    default:
      return lazy;
  }
};

const endsInSlot = ({ stages }: Lazy): boolean => stages.at(-1)?._tag === "Keep";

/** What is kept at the end of a pass that stores is what it stores. */
const keptAtEnd = ({ stages }: Lazy, sinks: Sinks): readonly Slot[] => {
  const others = stages.findLastIndex(({ _tag }) => _tag !== "Keep");
  return sinks.store ? stages.slice(others + 1).flatMap((s) => (s._tag === "Keep" ? [s.slot] : [])) : [];
};

const run = (memory: Memory, asked: Lazy, sinks: Sinks): PassResult => {
  const { kernels, crew } = memory;
  let moved = 0;
  const { of: wanted } = sinks.channelSums ?? {};
  const over = wanted ? releasedBy(asked, wanted) : releasedBy(asked);
  const stored = (other: Lazy): Tensor => {
    const result = run(memory, other, { store: true });
    moved += result.moved;
    if (!endsInSlot(other)) over.push(result.stored as Tensor);
    return result.stored as Tensor;
  };
  const lazy = resumed(asked);
  const count = countOf(lazy);
  const channels = channelsOf(lazy);
  const root = rooted(memory, lazy);
  if (root !== lazy) moved += sourceBytes(lazy.source) + sourceBytes(root.source);
  const x = prepared(root, deepest, stored);
  const of = wanted && resumed(wanted);
  const summed =
    of &&
    prepared(
      isPlain(of) ? of : { ...of, source: { _tag: "Dense", x: stored(of) }, stages: [] },
      deepest,
      stored,
    );
  const { source } = x;
  const product = source._tag === "Product" ? source.product : undefined;
  const computation = product && handingOver(memory, product);
  const results = resultsOf(memory, lazy, channels, sinks);
  const places: Places = new Map();
  if (results.stored) for (const slot of keptAtEnd(x, sinks)) places.set(slot, results.stored);
  place(memory, x, places);
  if (summed) place(memory, summed, places);
  const samples = lazy.shape[0] as number;
  const isWhole =
    product === undefined || (product._tag !== "BackwardWeight" && product.shape[0] === samples);
  const shares = isWhole ? crew.sharesOf(count + (product ? workOf(product) : 0)) : 1;
  const start = kernels.mark();
  const rows = results.sums && shares > 1 ? memory.scratch(8 * channels * samples) : 0;
  crew.together(shares, (calls) => {
    calls.beginPass(count, channels, count / samples);
    push(memory, calls, x, places);
    pushSinks(memory, calls, sinks, results, rows, summed, places);
    if (count === 0) return;
    if (computation) computation(calls, 0);
    else calls.runPass();
  });
  if (rows > 0 && results.sums) kernels.addSamples(rows, samples, 2 * channels, results.sums.byteOffset);
  kernels.release(start);
  moved += bytesRead(x) + (summed ? bytesRead(summed) : 0) + bytesWritten(count, sinks);
  for (const [slot, tensor] of places) {
    slot.tensor = tensor;
    if (tensor !== results.stored) moved += bytesWritten(tensor.size, { store: true });
  }
  for (const made of over) {
    const tensor = tensorOf(made);
    if (tensor) memory.release(tensor);
  }
  if (root !== lazy) {
    if (root.source._tag === "Dense") memory.release(root.source.x);
    if (root.source._tag === "Sums") memory.release(root.source.sums as NdArray<Float64Array>);
  }
  return passResult(memory, count, channels, sinks, results, moved);
};

const accumulate = (memory: Memory, product: Product): Sums => {
  if (!isInteger(product)) throw internal("accumulate wants a product of quantized operands");
  const shape = [...product.shape];
  if (product._tag === "BackwardWeight") return ndarray(weightGradient(memory, product), shape);
  const { crew } = memory;
  const computation = convolved(memory, product);
  const sums = memory.int32(sizeOf(shape));
  crew.together(crew.sharesOf(workOf(product)), (calls) => computation(calls, sums.byteOffset));
  return ndarray(sums, shape);
};

export interface SimdOptions {
  /** Of memory; without it as many as the runtime gives, at most 4 GiB, which are used only when touched. */
  readonly bytes?: number;
  /**
   * Whether relaxed SIMD is used where the runtime has it and its products of bytes are of use; it is unless this is `false`.
   * `signed` and `unsigned` spell out processors whose products mean that, as slowly as they like: to check the kernels anywhere.
   */
  readonly relaxed?: boolean | "signed" | "unsigned";
  /** Threads to run on, where memory can be shared between them; one without it. Their number changes no bit. */
  readonly threads?: Threads | undefined;
}

const multiplicationFor = (relaxed: SimdOptions["relaxed"] = true): Multiplication => {
  if (typeof relaxed === "string") return { bytes: relaxed, relaxed: false };
  const bytes = relaxed ? relaxedBytes() : "none";
  return { bytes, relaxed: bytes !== "none" };
};

const backendOf = ({ bytes, relaxed }: Multiplication, threads: number): string => {
  const several = threads > 1 ? `, ${threads} threads` : "";
  if (relaxed) return `webassembly relaxed simd${bytes === "pairs" ? ", 7 bits" : ""}${several}`;
  return `webassembly simd128${bytes === "none" ? "" : `, ${bytes} bytes spelled out`}${several}`;
};

/** A new SIMD engine with a memory of its own. */
export const simd = (options: SimdOptions = {}): Engine => {
  const multiplication = multiplicationFor(options.relaxed);
  const memory = openMemory(multiplication, options);
  const { kernels, crew } = memory;
  const place = ({ data, offset, size }: Tensor): number => memory.at(data, offset, size);
  return {
    name: "simd",
    get backend() {
      return backendOf(multiplication, crew.threads());
    },
    run: (x, sinks) => run(memory, x, sinks),
    accumulate: (product) => accumulate(memory, product),
    allocate: (shape) => memory.kept(shape),
    upload: (data, shape) => {
      const x = memory.tensor(shape);
      x.data.set(data);
      return x;
    },
    update: (parameter, velocity, gradient, how) => {
      const p = place(parameter);
      const v = place(velocity);
      const g = place(gradient);
      const { learningRate, momentum, weightDecay, nesterov } = how;
      kernels.update(p, v, g, parameter.size, learningRate, momentum, weightDecay, +nesterov);
      memory.bringBack(parameter, p);
      memory.bringBack(velocity, v);
    },
    beginStep: () => memory.beginStep(),
    memory: () => ({ kept: kernels.keptBytes() >>> 0, step: kernels.stepBytes() >>> 0, most: memory.bytes }),
    dispose: crew.dispose,
  };
};
