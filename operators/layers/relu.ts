import { staged } from "../../core/expr.ts";
import { isCheap, keptAnyway } from "../module/kept.ts";
import { elementwise, type Module } from "../module/module.ts";
import { heldFor, releasing } from "../module/releasing.ts";

/**
 * min(max(x, lo), hi), ends rounded to float32; its gradient passes where lo < x < hi, which is where lo < y < hi. So of x and y the
 * pullback reads what is there anyway: x if it is cheap to read again, otherwise y.
 */
export const clip = (from: number, to: number): Module => {
  const [lo, hi] = [Math.fround(from), Math.fround(to)];
  return elementwise((activation) => {
    const { x, training } = activation;
    const clipped = staged({ _tag: "Clip", lo, hi })(x);
    const y = training && !isCheap(x) ? keptAnyway(clipped) : clipped;
    const gate = staged({ _tag: "Gate", other: isCheap(x) ? x : y, lo, hi });
    return {
      ...activation,
      x: y,
      pullback: (dy, emit) => activation.pullback(releasing(gate(dy), heldFor(clipped, y)), emit),
    };
  });
};

/** max(x, 0) */
export const relu = (): Module => clip(0, Number.POSITIVE_INFINITY);

/** min(max(x, 0), 6) */
export const relu6 = (): Module => clip(0, 6);
