/** @file One training step of a module, forward and back. */
import type { Expr } from "../../core/expr.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Module } from "../../operators/module/module.ts";
import { elements } from "./elements.ts";
import { batch, built, opened, outcome, pulledBack, testScope } from "./testScope.ts";

/** One training step of a module: what came out, and what came back for `dy`; `weights` are its first parameter. */
export const stepped = (
  module: Module,
  x: Tensor,
  dy: Tensor,
  overrides: Parameters<typeof testScope>[0] = {},
  weights?: ArrayLike<number>,
) => {
  const scope = testScope({ shape: x.shape.slice(1), ...overrides });
  const { layer } = built(module, scope);
  if (weights) elements(scope.parameters.list()[0]!.value).set(weights);
  const run = opened(layer);
  let dx: Expr | undefined;
  const signals = run(
    batch(x, {
      pullback: (gradient) => {
        dx = gradient;
      },
    }),
  );
  const out = outcome(signals);
  const back = pulledBack(out, dy);
  return { signals, y: out.x, back, dx: dx as unknown as Expr, scope };
};
