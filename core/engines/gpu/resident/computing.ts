/**
 * @file Tensors computed into device memory: one kernel per expression, or several if one would read too many tensors.
 *
 * The host computes what no kernel computes exactly: weight gradients of float32 tensors, and means of windows longer than one run,
 * which need float64.
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

/** Maximum number of tensors that a kernel reads: WebGPU grants eight buffers, of which one is its result and one its numbers. */
const mostTensors = 6;

/** Whether a kernel computes a source with the bits of the reference. */
const isWritable = (source: Source): boolean =>
  source._tag === "Product"
    ? isWritableProduct(source.product)
    : source._tag !== "Pool" || isWritablePool(source);

/** Computes the tensors of expressions. Intermediate tensors without another owner are added to `temporary`. */
export interface Computing {
  /** Computes a tensor without pending `Keep` stages. */
  readonly computed: (x: Expr, temporary: Tensor[]) => Promise<Tensor>;
  /** The same tensor, after all pending `Keep` stages have filled their slots, with a source that kernels support. */
  readonly prepared: (x: Expr, temporary: Tensor[]) => Promise<Expr>;
}

/** Computes on a device; sources without an exact kernel are computed on `host`. */
export const computingOn = (launch: Launch, buffers: Buffers, host: Engine): Computing => {
  const launched = async (written: Written, shape: Shape): Promise<Tensor> =>
    buffers.tensor(await launch(written, threadsOf(gridOf(shape))), shape);

  /** A source that a kernel can start with. */
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

  /** The same tensor, with everything before its last stage, and that stage's other tensor, in memory. */
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
