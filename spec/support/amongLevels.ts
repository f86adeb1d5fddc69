/** @file Weights `x` with levels beside them, as a layer with the quantizer directQuantization has them. */
import type { Scope } from "../../operators/module/module.ts";
import { elements } from "./elements.ts";
import { testScope } from "./testScope.ts";

/** Parameters of a scope as they are now; those that `direct` makes are there once it has been built. */
export interface AmongLevels {
  readonly scope: Scope;
  readonly weights: () => Float32Array;
  readonly levels: () => Float32Array;
  readonly pressure: () => Float32Array;
  readonly places: () => Float32Array;
}

export const amongLevels = (
  first: readonly number[],
  levels: readonly number[],
  overrides: Partial<Scope> = {},
): AmongLevels => {
  const scope = testScope(overrides);
  const { parameters } = scope;
  parameters.create("x", "weight", [first.length], (values) => values.set(first));
  const learning = { optimizer: "network", decays: false, keep: (level: number) => level } as const;
  parameters.create("x/levels", "quantizer", [levels.length], (values) => values.set(levels), learning);
  const now = (path: string) => () => elements(parameters.find(path)!.value);
  return {
    scope,
    weights: now("x"),
    levels: now("x/levels"),
    pressure: now("x/pressure"),
    places: now("x/level"),
  };
};
