import * as E from "fp-ts/lib/Either.js";
import { problem } from "../core/errors.ts";
import { after, type Eventual } from "../core/eventual.ts";
import { type Lazy, staged } from "../core/pass.ts";
import type { Activation, Emit } from "../core/signal.ts";
import { sameShape, shapeText } from "../core/tensor.ts";
import { openBranch } from "./branch.ts";
import { identity } from "./identity.ts";
import { kept, keptAnyway, present } from "./kept.ts";
import { type OpenLayer, type Step, withSites } from "./layer.ts";
import type { Module } from "./module.ts";
import { releasing, slotOf } from "./releasing.ts";

/** One branch on one activation: where it ends, and the way back to its beginning. */
interface Passage {
  readonly end: Activation;
  readonly back: (dy: Lazy, emit: Emit) => Eventual<Lazy>;
}

/** Sends an activation through a branch; the gradient that comes back out of its beginning ends there. */
const through = (branch: OpenLayer, activation: Activation, emit: Emit): Eventual<Passage> => {
  let gradient: Lazy | undefined;
  const beginning: Activation = {
    ...activation,
    pullback: (dy) => {
      gradient = dy;
    },
  };
  return after(branch.run(beginning, emit), (end) => ({
    end,
    back: (dy, emitBack) =>
      after(end.pullback(dy, emitBack), () => present(gradient, "the gradient of a branch")),
  }));
};

const plus = (a: Lazy, b: Lazy): Lazy => staged({ _tag: "Add", other: b })(a);

const summed =
  ([left, right]: readonly [OpenLayer, OpenLayer]): Step =>
  (activation, emit) => {
    const x = kept(activation.x);
    return after(through(left, { ...activation, x }, emit), (a) =>
      after(through(right, { ...activation, x }, emit), (b) => {
        const sum = plus(a.end.x, b.end.x);
        const y = keptAnyway(sum);
        const pullback: Activation["pullback"] = (dyOnce, emitBack) => {
          const dy = keptAnyway(releasing(dyOnce, slotOf(sum, y)));
          return after(a.back(dy, emitBack), (ofA) =>
            after(b.back(dy, emitBack), (ofB) => {
              const made = [...slotOf(dyOnce, dy), ...slotOf(activation.x, x)];
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
    const layers = [left.right.layer, right.right.layer] as const;
    return E.right({
      shape,
      layer: withSites(
        () => {
          const branches = [openBranch(layers[0]), openBranch(layers[1])] as const;
          return {
            branches,
            unsubscribe: () => {
              for (const branch of branches) branch.unsubscribe();
            },
          };
        },
        ({ branches }) => summed(branches),
      ),
    });
  };
