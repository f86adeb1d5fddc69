import * as E from "fp-ts/lib/Either.js";
import { problem } from "../../core/errors.ts";
import { after } from "../../core/eventual.ts";
import type { Activation } from "../../core/signal.ts";
import { sameShape, shapeText } from "../../core/tensor.ts";
import { type Branches, branching, plus, through } from "../module/branch.ts";
import { identity } from "../module/identity.ts";
import { kept, keptAnyway } from "../module/kept.ts";
import type { Step } from "../module/layer.ts";
import type { Module } from "../module/module.ts";
import { heldFor, releasing } from "../module/releasing.ts";

const summed =
  ([left, right]: Branches): Step =>
  (activation, emit) => {
    const x = kept(activation.x);
    return after(through(left, { ...activation, x }, emit), (a) =>
      after(through(right, { ...activation, x }, emit), (b) => {
        const sum = plus(a.end.x, b.end.x);
        const y = keptAnyway(sum);
        const pullback: Activation["pullback"] = (dyOnce, emitBack) => {
          const once = releasing(dyOnce, heldFor(sum, y));
          const dy = keptAnyway(once);
          return after(a.back(dy, emitBack), (ofA) =>
            after(b.back(dy, emitBack), (ofB) => {
              const made = [...heldFor(once, dy), ...heldFor(activation.x, x)];
              return activation.pullback(releasing(plus(ofA, ofB), made), emitBack);
            }),
          );
        };
        return { ...activation, x: y, pullback };
      }),
    );
  };

/**
 * The sum of two branches over the same activation; the second is the shortcut, the identity where missing.
 *
 *     y = branch(x) + shortcut(x)
 *
 * @returns `Left` if the two do not give the same shape
 * @see He et al. 2016, arXiv:1512.03385
 */
export const residual =
  (branch: Module, shortcut: Module = identity()): Module =>
  (scope) => {
    const left = branch(scope);
    const right = shortcut(scope);
    if (E.isLeft(left) || E.isLeft(right))
      return E.left([left, right].flatMap((built) => (E.isLeft(built) ? built.left : [])));
    const { shape } = left.right;
    if (!sameShape(shape, right.right.shape))
      return E.left([
        problem(
          scope.path,
          `a branch of ${shapeText(shape)} and a shortcut of ${shapeText(right.right.shape)}`,
          "two of the same shape",
        ),
      ]);
    return E.right({
      shape,
      ...branching([left.right, right.right], summed),
    });
  };
