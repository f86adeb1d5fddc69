import { bytesMoved } from "../../core/bytesMoved.ts";
import type { Range } from "../../core/range.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Context } from "../step/context.ts";
import { isStored, present } from "../step/tape.ts";
import type { Task } from "../step/task.ts";
import type { Coded, Coding } from "./coded.ts";

/** What is made of a stored tensor; `moved` counts the bytes beside those of the pass that stored it. */
export type FromStored = (
  stored: Tensor,
  range: Range,
  ctx: Context,
) => Task<Pick<Coded, "value" | "gradientMask" | "clipped" | "moved">>;

/** Coding that reads its tensor from memory: a pass stores it first, unless it is there. */
export const storedCoding = (path: string, quantize: FromStored): Coding =>
  function* (x, range, ctx, { observe }) {
    const wasStored = isStored(x);
    // A pass over a stored tensor that is not observed reads nothing.
    const before = wasStored && !observe ? 0 : bytesMoved(x, { observe, store: !wasStored });
    const result = yield* ctx.run(x, { observe, store: true, path });
    const stored = present(result.stored, "the stored tensor");
    const { moved, ...coded } = yield* quantize(stored, range, ctx);
    // A tensor that was stored only for this is freed at once.
    if (wasStored) yield* ctx.run(ctx.readOnce(stored), {});
    return { ...coded, moved: before + moved, range: result.range, stored };
  };
