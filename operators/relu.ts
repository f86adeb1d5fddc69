import { map, of } from "rxjs";
import { type Lazy, staged } from "../core/pass.ts";
import { kept } from "./kept.ts";
import { elementwise, type Module } from "./module.ts";

/** min(max(x, lo), hi); its gradient passes where lo < y < hi. */
export const clip = (lo: number, hi: number): Module =>
  elementwise((activation, engine) =>
    (activation.training ? kept(engine, activation.x) : of(activation.x)).pipe(
      map((x) => {
        const y = staged({ _tag: "Clip", lo, hi })(x);
        const gate = staged({ _tag: "Gate", other: y, lo, hi });
        return { ...activation, x: y, pullback: (dy: Lazy) => activation.pullback(gate(dy)) };
      }),
    ),
  );

/** max(x, 0) */
export const relu = (): Module => clip(0, Number.POSITIVE_INFINITY);

/** min(max(x, 0), 6) */
export const relu6 = (): Module => clip(0, 6);
