/**
 * @file Tensors that kernels write into the memory of the device: one kernel an expression, and more where one would read too many tensors.
 *
 * What no kernel computes exactly is left to the host: weight gradients of float32 tensors and means of windows of more than one run, where
 * float64 takes over.
 */
import type { Engine } from "../../../engine.ts";
import { type Expr, ofTensor, resumed, type Source, type Stage, settled } from "../../../expr.ts";
import { type Shape, type Tensor, tensor } from "../../../tensor.ts";
import type { Buffers } from "./buffers.ts";
import { hostedSource } from "./hosted.ts";
import type { Launch } from "./launch.ts";
import { isWritableProduct } from "./products.ts";
import { writeExpr } from "./sources.ts";
import { gridOf, textFor, threadsOf, type Written } from "./text.ts";
import { isWritablePool } from "./windows.ts";

/** Tensors that one kernel may read: of the eight buffers that WebGPU grants it, one is its result and one its numbers. */
const mostTensors = 6;

/** Whether a kernel gives the bits of the reference for a source. */
const isWritable = (source: Source): boolean =>
  source._tag === "Product"
    ? isWritableProduct(source.product)
    : source._tag !== "Pool" || isWritablePool(source);

/** Tensors of expressions. Those that were written on the way, and that nobody else keeps, are added to `temporary`. */
export interface Computing {
  /** Computes a tensor in which nothing is left to be kept. */
  readonly computed: (x: Expr, temporary: Tensor[]) => Promise<Tensor>;
  /** The same tensor after everything on its way that is to be kept is in its slot, and with sources that kernels know. */
  readonly prepared: (x: Expr, temporary: Tensor[]) => Promise<Expr>;
}

/** Computes on a device; sources that no kernel gives exactly are computed on `host`. */
export const computingOn = (launch: Launch, buffers: Buffers, host: Engine): Computing => {
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

  return { computed, prepared };
};
