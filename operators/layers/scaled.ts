import { type Stage, staged } from "../../core/expr.ts";
import { elementwise, type Module } from "../module/module.ts";

/** x times a constant, rounded to float32; a stage of whatever pass reads it, so it takes none of its own. */
export const scaled = (factor: number): Module => {
  const times: Stage = { _tag: "Affine", scale: Float32Array.of(factor) };
  return elementwise((activation) => ({
    ...activation,
    x: staged(times)(activation.x),
    pullback: (dy, emit) => activation.pullback(staged(times)(dy), emit),
  }));
};
