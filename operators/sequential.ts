import * as E from "fp-ts/lib/Either.js";
import type { RangeflowError } from "../core/errors.ts";
import { chained, type Layer } from "./layer.ts";
import type { Module } from "./module.ts";

/** One module after another; each sees the shape that the one before gives. */
export const sequential =
  (...modules: readonly Module[]): Module =>
  (scope) => {
    const layers: Layer[] = [];
    let shape = scope.shape;
    for (const module of modules) {
      const built = module({ ...scope, shape });
      if (E.isLeft(built)) return E.left<readonly RangeflowError[]>(built.left);
      layers.push(built.right.layer);
      shape = built.right.shape;
    }
    return E.right({ layer: chained(layers), shape });
  };
