import type { Expr } from "../../core/expr.ts";
import type { Tape } from "../step/tape.ts";

/** A tensor that is saved for a measurement: its site counts the bytes that it would have moved without. */
export const savedAside = (x: Expr, tape: Pick<Tape, "save">): Expr => {
  const saved = tape.save(x);
  const last = saved.stages.at(-1);
  if (last?._tag !== "Keep" || last === x.stages.at(-1)) return saved;
  return { ...saved, stages: [...saved.stages.slice(0, -1), { ...last, isAside: true }] };
};
