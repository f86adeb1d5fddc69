/**
 * @file A pass on the device: a kernel that computes the tensor, and one for each sink that reads it.
 *
 * What no kernel computes exactly is left to the host: weight gradients of float32 tensors and means of windows of more than one
 * run, where float64 takes over, and tensors that are empty or have more than 65535 rows.
 */
import type { Engine } from "../../../engine.ts";
import {
  type Expr,
  type Intermediate,
  ofTensor,
  resumed,
  type Source,
  type Stage,
  settled,
  tensorOf,
} from "../../../expr.ts";
import { type PassResult, releasedByPass, type Sinks } from "../../../pass.ts";
import { type Codes, type Shape, type Tensor, tensor } from "../../../tensor.ts";
import type { Buffers } from "./buffers.ts";
import { channelSumsText, readChannelSums } from "./channelSums.ts";
import { codesText, maskText } from "./codes.ts";
import { hosted, hostedSource } from "./hosted.ts";
import type { Buffer, Machine, Threads } from "./machine.ts";
import { isWritableProduct } from "./products.ts";
import { writeExpr } from "./sources.ts";
import { nextSummaryText, readSummary, summaryRows, summaryText } from "./summary.ts";
import { fitsThreads, gridOf, textFor, threadsOf, type Written } from "./text.ts";
import { isWritablePool } from "./windows.ts";

/** Tensors that one kernel may read: of the eight buffers that WebGPU grants it, one is its result and one its numbers. */
const mostTensors = 6;

/** Whether there is something to compute, and a kernel can have a thread for each element. */
const isPossible = (shape: Shape): boolean => !shape.includes(0) && fitsThreads(gridOf(shape));

/** Whether a kernel gives the bits of the reference for a source. */
const isWritable = (source: Source): boolean =>
  source._tag === "Product"
    ? isWritableProduct(source.product)
    : source._tag !== "Pool" || isWritablePool(source);

/** Runs a pass; `Engine.run` on the device. */
export type Pass = (x: Expr, sinks: Sinks) => Promise<PassResult>;

/** Passes on a machine; what no kernel does exactly runs on `host`. */
export const passesOn = (machine: Machine, buffers: Buffers, host: Engine): Pass => {
  const launch = async ({ body, tensors, numbers }: Written, threads: Threads): Promise<Buffer> => {
    const read: Buffer[] = [];
    for (const one of tensors) read.push(await buffers.of(one));
    return machine.run(body, threads, read, numbers);
  };

  const launched = async (written: Written, shape: Shape): Promise<Tensor> =>
    buffers.tensor(await launch(written, threadsOf(gridOf(shape))), shape);

  /** A source that a kernel can begin with. */
  const writable = async ({ source, shape }: Expr): Promise<Source> => {
    if (source._tag === "Sums") {
      const { data, shape } = source.sums;
      return { _tag: "Dense", x: tensor(Float32Array.from(data as ArrayLike<number>), shape) };
    }
    if (isWritable(source)) return source;
    const onHost = await hostedSource(source, buffers.read);
    const { stored } = await host.run({ shape, source: onHost, stages: [] }, { store: true });
    return { _tag: "Dense", x: stored as Tensor };
  };

  /** Computes a tensor in which nothing is left to be kept. */
  const computed = async (x: Expr, temporary: Tensor[]): Promise<Tensor> => {
    const text = textFor(x.shape);
    text.line(`return ${writeExpr(text, x)};`);
    const written = text.written();
    if (written.tensors.length <= mostTensors) return launched(written, x.shape);
    return computed(await narrowed(x, temporary), temporary);
  };

  /** The same tensor with what comes before its last stage, and the other tensor of that, in memory. */
  const narrowed = async ({ shape, source, stages }: Expr, temporary: Tensor[]): Promise<Expr> => {
    const store = async (x: Expr): Promise<Expr> => {
      const tensor = settled(x);
      if (tensor) return ofTensor(tensor);
      const stored = await computed(x, temporary);
      temporary.push(stored);
      return ofTensor(stored);
    };
    const last = stages.at(-1) as Stage;
    const before = await store({ shape, source, stages: stages.slice(0, -1) });
    const stage = "other" in last ? { ...last, other: await store(last.other) } : last;
    return { ...before, stages: [stage] };
  };

  /** The same tensor after everything on its way that is to be kept is in its slot, and with sources that kernels know. */
  const prepared = async (x: Expr, temporary: Tensor[]): Promise<Expr> => {
    const begun = resumed(x);
    let { source, stages }: Expr = { ...begun, source: await writable(begun), stages: [] };
    for (const stage of begun.stages) {
      if (stage._tag === "Keep") {
        stage.slot.tensor = await computed({ shape: x.shape, source, stages }, temporary);
        source = { _tag: "Dense", x: stage.slot.tensor };
        stages = [];
      } else if ("other" in stage)
        stages = [...stages, { ...stage, other: await prepared(stage.other, temporary) }];
      else stages = [...stages, stage];
    }
    return { shape: x.shape, source, stages };
  };

  /** Asks for the statistics of a tensor, which come later. */
  const summarized = async (x: Tensor, sinks: Sinks): Promise<Pick<PassResult, "range" | "clipped">> => {
    if (!sinks.observe && !sinks.quantize) return {};
    const rows = summaryRows(sinks.quantize);
    const { threads, ...text } = summaryText(x, sinks.quantize);
    let summary = buffers.tensor(await launch(text, threads), [...threads].reverse());
    for (let next = nextSummaryText(summary, rows); next; next = nextSummaryText(summary, rows)) {
      const before = summary;
      summary = buffers.tensor(await launch(next, next.threads), [...next.threads].reverse());
      buffers.release(before);
    }
    const read = machine.readLater(await buffers.of(summary)).then((one) => readSummary(one, rows, x.size));
    buffers.release(summary);
    return {
      ...(sinks.observe && { range: read.then(({ range }) => range) }),
      ...(sinks.quantize && { clipped: read.then(({ clipped }) => clipped) }),
    };
  };

  const summed = async (
    x: Tensor,
    sums: Sinks["channelSums"],
    of: Tensor | undefined,
  ): Promise<Pick<PassResult, "channelSums">> => {
    if (sums === undefined) return {};
    const { threads, ...text } = channelSumsText(x, of, sums.around);
    const buffer = await launch(text, threads);
    const numbers = machine.readLater(buffer);
    machine.free(buffer);
    return { channelSums: numbers.then((one) => readChannelSums(one, x.shape.at(-1) as number)) };
  };

  const codesOf = async (
    x: Tensor,
    quantize: Sinks["quantize"],
  ): Promise<{ readonly codes?: Codes; readonly gradientMask?: Codes }> => {
    if (quantize === undefined) return {};
    const threads = threadsOf(gridOf(x.shape));
    const codes = buffers.codes(await launch(codesText(x, quantize), threads), x.shape);
    if (!quantize.gradientMask) return { codes };
    return { codes, gradientMask: buffers.codes(await launch(maskText(x, quantize), threads), x.shape) };
  };

  const free = (released: readonly Intermediate[], temporary: readonly Tensor[]): void => {
    for (const one of [...released.map(tensorOf), ...temporary]) if (one) buffers.release(one);
  };

  const onDevice: Pass = async (expr, sinks) => {
    const { of } = sinks.channelSums ?? {};
    const released = releasedByPass(expr, sinks);
    const temporary: Tensor[] = [];
    /** The tensor in memory of the device; `isNew` if it was written for this pass. */
    const inMemory = async (x: Expr): Promise<{ readonly x: Tensor; readonly isNew: boolean }> => {
      const ready = await prepared(x, temporary);
      const tensor = settled(ready);
      return tensor ? { x: tensor, isNew: false } : { x: await computed(ready, temporary), isNew: true };
    };
    const { x, isNew } = await inMemory(expr);
    const other = of && (await inMemory(of));
    if (other?.isNew) temporary.push(other.x);
    const stored = sinks.store && !isNew ? await computed(ofTensor(x), temporary) : x;
    if (isNew && !sinks.store) temporary.push(x);
    const codes = await codesOf(x, sinks.quantize);
    const summary = await summarized(x, sinks);
    const sums = await summed(x, sinks.channelSums, other?.x);
    free(released, temporary);
    return { ...(sinks.store && { stored }), ...codes, ...summary, ...sums };
  };

  const leftToHost: Pass = async (expr, sinks) => {
    const { channelSums } = sinks;
    const released = releasedByPass(expr, sinks);
    const of = channelSums?.of && (await hosted(channelSums.of, buffers.read));
    const result = await host.run(
      await hosted(expr, buffers.read),
      of ? { ...sinks, channelSums: { ...channelSums, of } } : sinks,
    );
    free(released, []);
    return result;
  };

  return (x, sinks) => (isPossible(x.shape) ? onDevice : leftToHost)(x, sinks);
};
