/** @file When an expression is worth writing down: whoever needs it twice keeps it, unless reading it again is as cheap. */
import type { Engine } from "../../core/engine.ts";
import { internal } from "../../core/errors.ts";
import { after, type Eventual } from "../../core/eventual.ts";
import { type Expr, settled, staged } from "../../core/expr.ts";
import type { HostTensor, Tensor } from "../../core/tensor.ts";
import { held } from "./releasing.ts";

/** A result that was asked for, and is there. */
export const present = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw internal(`the engine left out ${what}`);
  return value;
};

/**
 * True if the tensor, once read, is only read from memory and taken through stages: no product or window is behind it then, and
 * nothing that is released.
 */
export const isCheap = ({ source, stages }: Expr): boolean => {
  const last = stages.findLastIndex(({ _tag }) => _tag === "Keep");
  return (
    (last >= 0 || source._tag === "Dense" || source._tag === "Codes") &&
    stages
      .slice(last + 1)
      .every((stage) => ("other" in stage ? isCheap(stage.other) : stage._tag !== "Release"))
  );
};

/** The tensor itself: written to memory by one pass if it is not there yet. */
export const settle = (engine: Engine, x: Expr): Eventual<Tensor> =>
  settled(x) ?? after(engine.run(x, { store: true }), ({ stored }) => present(stored, "the stored tensor"));

/** The tensor in memory. */
export const onHost = (engine: Engine, x: Expr): Eventual<HostTensor> =>
  after(settle(engine, x), engine.read);

/** The tensor, written to memory by the first pass that reads it; that takes no pass of its own. */
export const keptAnyway = (x: Expr): Expr => (settled(x) ? held(x) : staged({ _tag: "Keep", slot: {} })(x));

/** The tensor in a form that may be read again and again: kept if it takes more than reading and a few stages. */
export const kept = (x: Expr): Expr => (isCheap(x) ? x : keptAnyway(x));
