/** @file Layers that normalize sets of a sample's elements by their own mean and variance. */
import { type Expr, ofTensor } from "../../core/expr.ts";
import {
  normalizeSets,
  type Sets,
  setGradients,
  setLayout,
  setMoments,
  type WithMoments,
} from "../../core/inFloat64/setNormalization.ts";
import { elements } from "../../core/tensor.ts";
import { constant } from "../module/initialize.ts";
import type { LayerScope } from "../step/layerScope.ts";
import type { Plan } from "../step/op.ts";
import { scratch } from "./scratch.ts";

/**
 * The plan of a layer that normalizes sets of elements:
 *
 *     y[i] = (x[i] - mean) * inverse * scale[c] + shift[c],    inverse = 1 / sqrt(variance + epsilon)
 *     h = dy[i] * scale[c],    n = (x[i] - mean) * inverse
 *     dx[i] = inverse * (h - mean of h - n * mean of h * n),   dscale[c] = sum dy * n,   dshift[c] = sum dy
 *
 * Means are over the set of element i, the variance is biased, and c is its channel. In float64, each result rounded once to float32. It runs
 * on the host, so the bits are the same on every engine.
 */
export const setNormalization = (
  kind: string,
  { parameter, shape }: Pick<LayerScope, "parameter" | "shape">,
  sets: Sets,
  epsilon: number,
  options: Plan<WithMoments>["options"],
): Plan<WithMoments> => {
  const channels = shape[2] as number;
  const scale = parameter("scale", "normalization", [channels], constant(1));
  const shift = parameter("shift", "normalization", [channels], constant(0));
  const layout = setLayout(sets, shape);
  const ofLength = scratch();
  return {
    kind,
    options,
    forward: function* (input, ctx) {
      const x = elements(yield* ctx.read(input));
      const save = { x, ...setMoments(layout, x, epsilon) };
      const y = ofLength(x.length);
      normalizeSets(layout, save, elements(scale.value), elements(shift.value), y);
      return { y: ofTensor(ctx.upload(y, input.shape)), save };
    },
    backward: function* (gradient, saved, ctx) {
      const dy = elements(yield* ctx.read(gradient));
      const dx = ofLength(dy.length);
      const { dscale, dshift } = setGradients(layout, saved, dy, elements(scale.value), dx);
      const vector = (values: Float32Array): Expr => ofTensor(ctx.upload(values, [channels]));
      return {
        dx: ofTensor(ctx.upload(dx, gradient.shape)),
        gradients: new Map([
          [scale, vector(dscale)],
          [shift, vector(dshift)],
        ]),
      };
    },
  };
};
