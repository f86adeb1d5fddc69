import * as E from "fp-ts/lib/Either.js";
import { concat, concatMap, defer, EMPTY, filter, map, type Observable, tap } from "rxjs";
import type { Engine } from "../core/engine.ts";
import { problem } from "../core/errors.ts";
import { type Lazy, ofTensor, staged } from "../core/pass.ts";
import type { Activation, Signal } from "../core/signal.ts";
import { sameShape, shapeText } from "../core/tensor.ts";
import { type Branch, openBranch } from "./branch.ts";
import { identity } from "./identity.ts";
import { kept, present, settle } from "./kept.ts";
import { type Layer, type Module, onActivation } from "./module.ts";
import { withSites } from "./rangeSite.ts";

/** One branch on one activation: where it ends, and the gradient that came back out of its beginning. */
interface Passage {
  end?: Activation;
  gradient?: Lazy;
}

/** Sends an activation through a branch; the passage notes its end, everything else is passed on. */
const through = (branch: Branch, activation: Activation, passage: Passage): Observable<Signal> =>
  branch
    .run({
      ...activation,
      pullback: (dy) => {
        passage.gradient = dy;
        return EMPTY;
      },
    })
    .pipe(
      tap((signal) => {
        if (signal._tag === "Activation") passage.end = signal;
      }),
      filter((signal) => signal._tag !== "Activation"),
    );

const plus = (a: Lazy, b: Lazy): Lazy => staged({ _tag: "Add", other: b })(a);

const summed =
  (engine: Engine) =>
  ([left, right]: readonly [Branch, Branch]): Layer =>
    onActivation((activation) =>
      kept(engine, activation.x).pipe(
        concatMap((x) => {
          const [a, b]: [Passage, Passage] = [{}, {}];
          const endOf = ({ end }: Passage): Activation => present(end, "the end of a branch");
          const gradientOf = ({ gradient }: Passage): Lazy => present(gradient, "the gradient of a branch");
          const pullback = (dyLazy: Lazy): Observable<Signal> =>
            kept(engine, dyLazy).pipe(
              concatMap((dy) =>
                concat(
                  endOf(a).pullback(dy),
                  endOf(b).pullback(dy),
                  defer(() => activation.pullback(plus(gradientOf(a), gradientOf(b)))),
                ),
              ),
            );
          return concat(
            through(left, { ...activation, x }, a),
            through(right, { ...activation, x }, b),
            defer(() => settle(engine, plus(endOf(a).x, endOf(b).x))).pipe(
              map((y) => ({ ...activation, x: ofTensor(y), pullback })),
            ),
          );
        }),
      ),
    );

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
    if (E.isLeft(left)) return left;
    const right = shortcut(scope);
    if (E.isLeft(right)) return right;
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
          const branches = layers.map(openBranch) as [Branch, Branch];
          return {
            branches,
            unsubscribe: () => {
              for (const opened of branches) opened.unsubscribe();
            },
          };
        },
        ({ branches }) => summed(scope.engine)(branches),
      ),
    });
  };
