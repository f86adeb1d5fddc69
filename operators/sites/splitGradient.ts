/** @file Two separately quantized copies of a gradient: one for the input of a layer with weights, one for its parameters. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Expr } from "../../core/expr.ts";
import type { Module } from "../module/module.ts";
import type { Context } from "../step/context.ts";
import { layer } from "../step/op.ts";
import type { Task } from "../step/task.ts";
import { ofOperand } from "./coded.ts";
import type { Site } from "./site.ts";

/** Sites of both copies; a copy without a site stays float32. */
export interface SplitSites {
  readonly forInput: (() => Site) | undefined;
  readonly forParameters: (() => Site) | undefined;
}

function* through(site: Site | undefined, dy: Expr, ctx: Context): Task<Expr> {
  return site ? ofOperand((yield* site.quantize(dy, ctx)).value, dy.shape) : dy;
}

const noParameters = (path: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      path,
      "a second copy of a gradient for weights, but no weights",
      "a convolution or a dense layer directly before this layer, as quantized places it",
    ),
  );

/**
 * Passes both copies to the preceding layer. The gradient is computed once: the first site that reads it keeps it for the other.
 *
 * @throws `RangeflowFailure` in the first step, if the preceding layer has no parameters
 */
export const splitGradient = (name: string, { forInput, forParameters }: SplitSites): Module =>
  layer(name, ({ path }) => ({
    kind: "splitGradient",
    options: {},
    open: () => {
      const [input, parameters] = [forInput?.(), forParameters?.()];
      return {
        forward: (x, { activation }) => {
          if (!activation.splits) throw noParameters(path);
          return { y: x, save: undefined };
        },
        backward: function* (dyOnce, _saved, ctx) {
          const dy = ctx.save(dyOnce);
          return {
            dx: yield* through(input, dy, ctx),
            forParameters: yield* through(parameters, dy, ctx),
          };
        },
        unsubscribe: () => {
          input?.unsubscribe();
          parameters?.unsubscribe();
        },
      };
    },
  }));
