/**
 * @file One pass: inputs are placed in memory, results are allocated, the program is written and run, and tensors that are no
 *   longer needed are freed.
 */
import ndarray, { type NdArray } from "ndarray";
import {
  channelsOf,
  countOf,
  type Expr,
  type Intermediate,
  ofTensor,
  resumed,
  type Stage,
  tensorOf,
} from "../../expr.ts";
import { type PassResult, releasedByPass, type Sinks } from "../../pass.ts";
import { isOverPositions } from "../../product.ts";
import { inverseScale } from "../../qparams.ts";
import { runsOf } from "../../runs.ts";
import type { HostTensor, Tensor } from "../../tensor.ts";
import type { Kernels } from "./kernels.ts";
import type { Memory } from "./memory.ts";
import type { Computation } from "./placed.ts";
import { handingOver, handsOver, positionSums, workOf } from "./products.ts";
import {
  deepest,
  isLong,
  isPlain,
  type Places,
  place,
  prepared,
  push,
  stagesThatFit,
  storeOthers,
} from "./program.ts";
import { dequantized, isWindowed, windowed, workOfWindows } from "./windows.ts";

/** Memory for the results of a pass. */
const resultsOf = (memory: Memory, { shape }: Expr, channels: number, sinks: Sinks) => ({
  stored: sinks.store ? memory.tensor(shape) : undefined,
  codes: sinks.quantize ? memory.codes(shape) : undefined,
  gradientMask: sinks.quantize?.gradientMask ? memory.codes(shape) : undefined,
  sums: sinks.channelSums ? memory.float64(2 * channels) : undefined,
});

type Results = ReturnType<typeof resultsOf>;

const pushSinks = (
  memory: Memory,
  kernels: Kernels,
  sinks: Sinks,
  { stored, codes, gradientMask, sums }: Results,
  rows: number,
  of: Expr | undefined,
  places: Places,
): void => {
  if (stored) kernels.sinkStore(stored.data.byteOffset);
  if (sinks.quantize && codes) {
    const { params, noise } = sinks.quantize;
    const [scale] = params.scale as unknown as [number];
    const [zeroPoint] = params.zeroPoint as unknown as [number];
    kernels.beginQuantize(inverseScale(scale), params.qmin, params.qmax, zeroPoint);
    if (noise) kernels.beginNoise(...noise);
    kernels.sinkQuantize(codes.data.byteOffset, gradientMask?.data.byteOffset ?? 0);
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
): PassResult => {
  const { stored, codes, gradientMask, sums } = results;
  // Set field by field: spreading an object for each would double the garbage.
  const result: { -readonly [K in keyof PassResult]: PassResult[K] } = {};
  if (stored) result.stored = stored;
  if (codes) {
    result.codes = codes;
    result.clipped = crew.clipped();
  }
  if (gradientMask) result.gradientMask = gradientMask;
  if (sinks.observe) result.range = crew.observed(count);
  if (sums) result.channelSums = { first: sums.subarray(0, channels), second: sums.subarray(channels) };
  return result;
};

/** The source as elements that can be read one by one, or as one that passes its elements on tile by tile. */
const rooted = (memory: Memory, expr: Expr): Expr => {
  const { source, shape } = expr;
  switch (source._tag) {
    case "Codes":
      return isPlain(expr) ? expr : { ...expr, source: { _tag: "Dense", x: dequantized(memory, source.q) } };
    case "Product": {
      const { product } = source;
      if (!isOverPositions(product) || handsOver(memory, product)) return expr;
      const sums = ndarray(positionSums(memory, product), [...shape]);
      return { ...expr, source: { _tag: "Sums", sums } };
    }
    default:
      return expr;
  }
};

/** Computation and work of a source that passes its elements on; `undefined` for sources that are read. */
const computationOf = (
  memory: Memory,
  { source, shape }: Expr,
): { readonly compute: Computation; readonly work: number } | undefined => {
  if (source._tag === "Product")
    return { compute: handingOver(memory, source.product), work: workOf(source.product) };
  return isWindowed(source)
    ? { compute: windowed(memory, source, shape), work: workOfWindows(source, shape) }
    : undefined;
};

const endsInSlot = ({ stages }: Expr): boolean => stages.at(-1)?._tag === "Keep";

/** Assigns the stored result of a pass to the slots at its end. */
const keepAtEnd = ({ stages }: Expr, stored: HostTensor, places: Places): void => {
  for (let i = stages.length - 1; i >= 0; i--) {
    const stage = stages[i] as Stage;
    if (stage._tag !== "Keep") return;
    places.set(stage.slot, stored);
  }
};

const giveBack = (memory: Memory, over: readonly Intermediate[]): void => {
  for (const one of over) {
    const tensor = tensorOf(one);
    if (tensor) memory.release(tensor);
  }
};

/** Frees what was stored only so that this pass could read it element by element. */
const giveBackRoot = (memory: Memory, { source }: Expr): void => {
  if (source._tag === "Dense") memory.release(source.x);
  if (source._tag === "Sums") memory.release(source.sums as NdArray<Float64Array>);
};

/** The same tensor, with leading stages stored that do not fit into one program. Releases are left to the caller. */
const shortened = (memory: Memory, x: Expr, over: Intermediate[]): Expr => {
  let rest = resumed(x);
  let before: Tensor | undefined;
  for (let fit = stagesThatFit(rest); fit < rest.stages.length; fit = stagesThatFit(rest)) {
    const begun = { ...rest, stages: rest.stages.slice(0, fit).filter(({ _tag }) => _tag !== "Release") };
    const stored = run(memory, begun, { store: true }).stored as Tensor;
    if (before) memory.release(before);
    before = endsInSlot(begun) ? undefined : stored;
    rest = { ...ofTensor(stored), stages: rest.stages.slice(fit) };
  }
  if (before) over.push(before);
  return rest;
};

/** Runs a pass on the threads of the engine. */
export const run = (memory: Memory, asked: Expr, sinks: Sinks): PassResult => {
  const { kernels, crew } = memory;
  const { of: wanted } = sinks.channelSums ?? {};
  const over = releasedByPass(asked, sinks);
  const short = shortened(memory, asked, over);
  const stored = new Map<Expr, Tensor>();
  const store = (other: Expr): void => {
    if (stored.has(other)) return;
    const tensor = run(memory, other, { store: true }).stored as Tensor;
    if (!endsInSlot(other)) over.push(tensor);
    stored.set(other, tensor);
  };
  if (wanted && (!isPlain(resumed(wanted)) || isLong(wanted))) store(wanted);
  else if (wanted) storeOthers(wanted, deepest, store);
  storeOthers(short, deepest, store);
  const expr = resumed(short);
  const count = countOf(expr);
  const channels = channelsOf(expr);
  const root = rooted(memory, expr);
  const x = prepared(root, stored);
  const of = wanted && (stored.get(wanted) ?? wanted);
  const summed = of && ("source" in of ? prepared(of, stored) : ofTensor(of));
  const { source } = x;
  const product = source._tag === "Product" ? source.product : undefined;
  const computation = computationOf(memory, x);
  const results = resultsOf(memory, expr, channels, sinks);
  const places: Places = new Map();
  if (results.stored) keepAtEnd(x, results.stored, places);
  place(memory, x, places);
  if (summed) place(memory, summed, places);
  const samples = expr.shape[0] as number;
  const isWhole = product === undefined || (!isOverPositions(product) && product.shape[0] === samples);
  const shares = isWhole ? crew.sharesOf(count + (computation?.work ?? 0)) : 1;
  const start = kernels.mark();
  const runs = samples * runsOf(count / samples / channels);
  const rows = results.sums && shares > 1 ? memory.scratch(8 * channels * runs) : 0;
  crew.together(shares, (calls) => {
    calls.beginPass(count, channels, count / samples);
    push(memory, calls, x, places);
    pushSinks(memory, calls, sinks, results, rows, summed, places);
    if (count === 0) return;
    if (computation) computation.compute(calls, 0);
    else calls.runPass();
  });
  if (rows > 0 && results.sums) kernels.addRuns(rows, runs, 2 * channels, results.sums.byteOffset);
  kernels.release(start);
  for (const [slot, tensor] of places) slot.tensor = tensor;
  giveBack(memory, over);
  if (root !== expr) giveBackRoot(memory, root);
  return passResult(memory, count, channels, sinks, results);
};
