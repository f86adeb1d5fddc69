/** @file Pullbacks against central differences of the loss sum(y * r), for the input and for every parameter. */
import * as assert from "uvu/assert";
import type { Expr } from "../../core/expr.ts";
import type { Parameter } from "../../core/signal.ts";
import type { Target } from "../../core/target.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Module, Scope } from "../../operators/module/module.ts";
import { isTrained } from "../../operators/module/parameters.ts";
import { allClose } from "./close.ts";
import { elements } from "./elements.ts";
import { gaussian } from "./tensors.ts";
import {
  batch,
  built,
  gradientsOf,
  inFloat32,
  numbers,
  opened,
  outcome,
  pulledBack,
  testScope,
} from "./testScope.ts";

export interface Differences {
  /** Half the distance of the two points of a difference; a power of two, so that float32 takes the step exactly. */
  readonly epsilon?: number;
  /** Tolerance in units of the largest gradient of the same tensor. */
  readonly tolerance?: number;
  readonly target?: Target;
  /** Quantizer of the sites; everything is in float32 without one. */
  readonly quantizer?: Scope["quantizer"];
  /** Changes the first values of the parameters. */
  readonly prepare?: (parameters: readonly Parameter[]) => void;
}

/** Fails where a gradient that the module's pullback gives is not the slope of its forward pass, in training mode. */
export const gradientsAgree = (
  module: Module,
  x: Tensor,
  { epsilon = 2 ** -6, tolerance = 2e-3, target, quantizer = inFloat32, prepare }: Differences = {},
): void => {
  const scope = testScope({ shape: x.shape.slice(1), quantizer });
  const run = opened(built(module, scope).layer);
  prepare?.(scope.parameters.list());
  const passed = () => {
    let dx: Expr | undefined;
    const activation = batch(x, {
      ...(target && { target }),
      pullback: (dy) => {
        dx = dy;
      },
    });
    const out = outcome(run(activation));
    return { y: numbers(out.x), out, dx: () => dx as Expr };
  };

  const { out, dx } = passed();
  const r = gaussian(out.x.shape, "weights of the loss");
  const parameterGradients = gradientsOf(pulledBack(out, r));
  const loss = (): number => passed().y.reduce((sum, y, i) => sum + y * (elements(r)[i] as number), 0);

  const slopes = (values: Float32Array): Float64Array =>
    Float64Array.from(values, (value, i) => {
      values[i] = value + epsilon;
      const above = loss();
      const right = values[i] as number;
      values[i] = value - epsilon;
      const below = loss();
      const left = values[i] as number;
      values[i] = value;
      return (above - below) / (right - left);
    });

  const agree = (found: Float32Array, values: Float32Array, what: string): void => {
    const expected = slopes(values);
    const scale = Math.max(...expected.map(Math.abs), 1e-3);
    allClose(found, expected, tolerance * scale, what);
  };

  assert.equal(dx().shape, x.shape, "the shape of dx");
  agree(numbers(dx()), elements(x), "dx");
  const trained = scope.parameters.list().filter(isTrained);
  if (parameterGradients.length !== trained.length)
    throw new Error(`${parameterGradients.length} parameter gradients for ${trained.length} parameters`);
  for (const { parameter, gradient } of parameterGradients)
    agree(Float32Array.from(elements(gradient)), elements(parameter.value), `gradient of ${parameter.path}`);
};
