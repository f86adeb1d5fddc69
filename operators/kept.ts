/** @file When a lazy tensor is worth writing down: whoever needs it twice keeps it, unless reading it again is as cheap. */
import type { Engine } from "../core/engine.ts";
import { internal } from "../core/errors.ts";
import { after, type Eventual } from "../core/eventual.ts";
import { type Lazy, ofTensor, settled } from "../core/pass.ts";
import type { Tensor } from "../core/tensor.ts";

/** A result that was asked for, and is there. */
export const present = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw internal(`the engine left out ${what}`);
  return value;
};

/** True if the tensor is only read from memory and taken through stages: no product or window is behind it. */
export const isCheap = ({ source, stages }: Lazy): boolean =>
  (source._tag === "Dense" || source._tag === "Codes") &&
  stages.every((stage) => !("other" in stage) || isCheap(stage.other));

/** The tensor itself: written to memory by one pass if it is not there yet. */
export const settle = (engine: Engine, x: Lazy): Eventual<Tensor> =>
  settled(x) ?? after(engine.run(x, { store: true }), ({ stored }) => present(stored, "the stored tensor"));

/** The tensor in a form that may be read again and again: settled if it takes more than reading and a few stages. */
export const kept = (engine: Engine, x: Lazy): Eventual<Lazy> =>
  isCheap(x) ? x : after(settle(engine, x), ofTensor);
