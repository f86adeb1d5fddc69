import { staged } from "../core/pass.ts";
import { kept, releasing, slotOf } from "./kept.ts";
import { elementwise, type Module } from "./module.ts";

/** min(max(x, lo), hi); its gradient passes where lo < x < hi. */
export const clip = (lo: number, hi: number): Module =>
  elementwise((activation) => {
    const x = activation.training ? kept(activation.x) : activation.x;
    const gate = staged({ _tag: "Gate", other: x, lo, hi });
    return {
      ...activation,
      x: staged({ _tag: "Clip", lo, hi })(x),
      pullback: (dy, emit) => activation.pullback(releasing(gate(dy), slotOf(activation.x, x)), emit),
    };
  });

/** max(x, 0) */
export const relu = (): Module => clip(0, Number.POSITIVE_INFINITY);

/** min(max(x, 0), 6) */
export const relu6 = (): Module => clip(0, 6);
