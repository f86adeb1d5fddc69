import * as E from "fp-ts/lib/Either.js";
import { problem } from "../../core/errors.ts";
import { isPositiveInteger, subsampled } from "../../core/shape.ts";
import type { Shape } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { onTensor } from "../module/onTensor.ts";

/**
 * Every `stride`-th row and column, with channels of zeros on both sides of the old ones: a shortcut without parameters.
 *
 * @see He et al. 2016, arXiv:1512.03385, option A
 */
export const subsample =
  ({ stride, channels }: { readonly stride: number; readonly channels: number }): Module =>
  ({ engine, shape, path }) => {
    const where = path === "" ? "subsample" : `${path} shortcut`;
    if (![stride, channels].every(isPositiveInteger))
      return E.left([problem(where, `a stride of ${stride} and ${channels} channels`, "positive integers")]);
    const added = channels - (shape[2] as number);
    if (added < 0)
      return E.left([problem(where, `${channels} channels of ${shape[2]}`, "at least as many as come in")]);
    const before = Math.floor(added / 2);
    return E.right({
      shape: subsampled([1, ...shape], stride, channels).slice(1) as Shape,
      layer: onTensor(engine, (x) => ({
        y: {
          shape: subsampled(x.shape, stride, channels),
          source: { _tag: "Subsample", x, stride, before },
          stages: [],
        },
        pullback: (dy) => ({
          shape: x.shape,
          source: { _tag: "Supersample", dy, stride, before },
          stages: [],
        }),
      })),
    });
  };
