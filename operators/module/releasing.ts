/**
 * @file What a layer gives back: the tensors that it made for itself, once the gradient that may still read them is computed.
 *
 * Only whoever made a tensor releases it, and only on the way back, when everybody behind has been there already.
 */
import { type Expr, type Made, ofTensor, releasedBy, settled, staged } from "../../core/expr.ts";

/** A tensor that is in memory without what it releases, so that it may be read again and again; any other one as it is. */
export const held = (x: Expr): Expr => {
  const there = settled(x);
  return there && releasedBy(x).length > 0 ? ofTensor(there) : x;
};

/** What to release once a tensor that `kept` or `held` has made of x has been read for the last time: its slot, or what x releases. */
export const heldFor = (x: Expr, keptOne: Expr): readonly Made[] => {
  if (keptOne === x) return [];
  const last = keptOne.stages.at(-1);
  return last?._tag === "Keep" ? [last.slot] : releasedBy(x);
};

/** Whether `settle` makes a tensor that nobody else knows: there is none yet, and none that a slot will hold. */
export const isOwn = (x: Expr): boolean => settled(x) === undefined && x.stages.at(-1)?._tag !== "Keep";

/** The gradient, after which the layer needs nothing more of what it has made for it or for the way forward. */
export const releasing = (dx: Expr, made: readonly (Made | undefined)[]): Expr => {
  const there = made.filter((one) => one !== undefined);
  return there.length > 0 ? staged({ _tag: "Release", made: there })(dx) : dx;
};
