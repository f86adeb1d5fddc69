/**
 * @file What a layer gives back: the tensors that it made for itself, once the gradient that may still read them is computed.
 *
 * Only whoever made a tensor releases it, and only on the way back, when everybody behind has been there already.
 */
import { type Lazy, type Made, settled, staged } from "../core/pass.ts";

/** What `kept` has added: the slot of its own, if it has one. */
export const slotOf = (x: Lazy, keptOne: Lazy): readonly Made[] => {
  const last = keptOne === x ? undefined : keptOne.stages.at(-1);
  return last?._tag === "Keep" ? [last.slot] : [];
};

/** Whether `settle` makes a tensor that nobody else knows: there is none yet, and none that a slot will hold. */
export const isOwn = (x: Lazy): boolean => settled(x) === undefined && x.stages.at(-1)?._tag !== "Keep";

/** The gradient, after which the layer needs nothing more of what it has made for it or for the way forward. */
export const releasing = (dx: Lazy, made: readonly (Made | undefined)[]): Lazy => {
  const there = made.filter((one) => one !== undefined);
  return there.length > 0 ? staged({ _tag: "Release", made: there })(dx) : dx;
};
