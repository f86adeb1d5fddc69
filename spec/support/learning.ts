/** @file One site whose range is learned, with its parameter set by hand. */
import { expectSync } from "../../core/eventual.ts";
import { type Expr, ofTensor } from "../../core/expr.ts";
import type { Parameter, RangeSeen, Role, Signal } from "../../core/signal.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Scope } from "../../operators/module/module.ts";
import { quantize } from "../../operators/sites/quantize.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import type { LearnedRange } from "../../quantizers/learned/learnedRange.ts";
import type { Projection } from "../../quantizers/projections/projection.ts";
import { elements } from "./elements.ts";
import {
  batch,
  built,
  gradientsOf,
  numbers,
  opened,
  outcome,
  quantizing,
  seenOf,
  testScope,
} from "./testScope.ts";

export interface Stepped {
  readonly y: Float32Array;
  readonly seen: RangeSeen | undefined;
  readonly signals: readonly Signal[];
  /** Gradient that comes back for dy, and that of the parameter if one is emitted. */
  readonly back: (dy: Tensor) => { readonly dx: Float32Array; readonly dp: number | undefined };
}

export interface LearningSite {
  readonly parameter: Parameter;
  readonly value: () => number;
  readonly set: (value: number) => void;
  readonly run: (x: Tensor, options?: { readonly step?: number; readonly training?: boolean }) => Stepped;
}

/** The activation site `x` of a scope of its own. */
export const learning = (
  learned: LearnedRange,
  {
    bits = 8,
    value,
    projection,
    ...overrides
  }: {
    readonly bits?: number;
    readonly value?: number;
    readonly projection?: Projection | undefined;
  } & Partial<Scope> = {},
): LearningSite => {
  const scope = testScope({
    shape: [1, 1, 4],
    quantizer: (site: string, role: Role) =>
      quantizing(currentMinMax(), { bits, learned, ...(projection && { projection }) })(site, role),
    ...overrides,
  });
  const layer = opened(built(quantize({ activation: "x" }), scope).layer);
  const parameter = scope.parameters.list().find(({ kind }) => kind === "quantizer") as Parameter;
  const set = (to: number): void => {
    elements(parameter.value)[0] = to;
  };
  if (value !== undefined) set(value);
  return {
    parameter,
    set,
    value: () => elements(parameter.value)[0] as number,
    run: (x, options = {}) => {
      let back: Expr | undefined;
      const signals = layer(
        batch(x, {
          ...options,
          pullback: (dy) => {
            back = dy;
          },
        }),
      );
      const out = outcome(signals);
      return {
        y: numbers(out.x),
        seen: seenOf(signals)[0],
        signals,
        back: (dy) => {
          const emitted: Signal[] = [];
          out.pullback(ofTensor(dy), (signal) => {
            const there = expectSync(signal);
            if (there) emitted.push(there);
          });
          const [gradient] = gradientsOf(emitted);
          return { dx: numbers(back as Expr), dp: gradient && elements(gradient.gradient)[0] };
        },
      };
    },
  };
};
