/** @file Branches: layers side by side over the same tensor, and joins of their outputs. */
import * as A from "fp-ts/lib/Array.js";
import { problem, type RangeflowError, RangeflowFailure, valueText } from "../../core/errors.ts";
import { type Expr, ofTensor, resumed, staged } from "../../core/expr.ts";
import type { PlainFields } from "../../core/plain.ts";
import type { Activation, Emit } from "../../core/signal.ts";
import { type Shape, sameShape, shapeText } from "../../core/tensor.ts";
import { openBranch } from "../module/branch.ts";
import type { OpenLayer } from "../module/layer.ts";
import { type Built, buildModule, type Module, type Scope } from "../module/module.ts";
import { noted, notingWithin } from "../module/noted.ts";
import type { Context } from "./context.ts";
import { checkExpr, fieldOf, hasFunctions } from "./given.ts";
import { type Forward, layer, type OutputGradient } from "./op.ts";
import { present } from "./tape.ts";
import { resultOf, type Task, wait } from "./task.ts";

/** Output of a branch for one tensor, and its pullback. */
export interface Passage {
  readonly y: Expr;
  /** Pullback, from the gradient of `y` to that of the branch's input. Gradients of parameters are emitted. */
  readonly back: (dy: Expr, how: { readonly emit: Emit }) => Task<Expr>;
}

/** Opens layers that another layer sends tensors through. */
export const openBranches = (layers: readonly Built[]): readonly OpenLayer[] => layers.map(openBranch);

/** Start of a branch, where its gradient ends. */
interface Beginning {
  dx: Expr | undefined;
}

function* back(end: Activation, beginning: Beginning, dy: Expr, emit: Emit): Task<Expr> {
  yield* wait(end.pullback(dy, emit));
  return present(beginning.dx, "the gradient of a branch");
}

/** Sends a tensor through a branch, and emits the branch's signals. */
export function* through(branch: OpenLayer, x: Expr, { activation, emit }: Context): Task<Passage> {
  const beginning: Beginning = { dx: undefined };
  const entering: Activation = {
    ...activation,
    x,
    splits: false,
    pullback: (dx) => {
      beginning.dx = dx;
    },
  };
  const end = yield* wait(branch.run(entering, emit));
  return { y: end.x, back: (dy, how) => back(end, beginning, dy, how.emit) };
}

/**
 * The sum of two tensors of the same shape, as a stage of the pass that reads it.
 *
 * @throws `RangeflowFailure` with both shapes if they differ
 * @example
 * const sum = plus(ofTensor(tensor(Float32Array.of(1), [1, 1, 1, 1])), ofTensor(tensor(Float32Array.of(2), [1, 1, 1, 1])));
 * sum.shape; // [1, 1, 1, 1]
 */
export const plus = (a: Expr, b: Expr): Expr => {
  if (!sameShape(a.shape, b.shape))
    throw new RangeflowFailure(
      problem("plus", `tensors of ${shapeText(a.shape)} and ${shapeText(b.shape)}`, "two of the same shape"),
    );
  return staged({ _tag: "Add", other: b })(a);
};

/** Join of the outputs of branches. `S` is what the forward pass saves for the backward pass of the same step. */
export interface Join<S> {
  /** Output shape [H, W, C] of a sample. */
  readonly shape: Shape;
  /** Plain data that it computes with, e.g. a factor; `{}` if there is none. Part of the identity of a run. */
  readonly options: PlainFields;
  /** Name of its function, e.g. `concat`. Default: a run identifies it by the source text of `join`. */
  readonly kind?: string;
  /**
   * Whether the gradient of a branch is computed from the output of another one, as that of a product is. It is then computed before the
   * other branch frees its output. Default: false.
   */
  readonly readsOthers?: boolean;
  /** Output from the outputs of the branches. */
  readonly forward: (ends: readonly Expr[], ctx: Context) => Task<Forward<S>> | Forward<S>;
  /** Gradient of the loss with respect to each branch's output, in order. */
  readonly backward: (dy: OutputGradient, saved: S, ctx: Context) => Task<readonly Expr[]> | readonly Expr[];
}

interface Passed<S> {
  readonly passages: readonly Passage[];
  readonly save: S;
}

/** Builds a module as one of several branches, so that its notes are not attributed to another branch. */
const branch = (module: Module, scope: Scope, what: string): ReturnType<Module> => {
  const { scope: inner, layers } = notingWithin(scope);
  const built = noted(module, inner, (inside) => buildModule(module, inside, what));
  const { path } = scope;
  scope.note({ _tag: "Layer", path, kind: "branch", options: {}, make: module, within: layers });
  return built;
};

const isRefusal = (joined: object): joined is RangeflowError => fieldOf(joined, "_tag") !== undefined;

/** Checks that a join's backward pass returned one gradient per branch, with the shape of its output. */
const checkEnds = (ctx: Context, passages: readonly Passage[], gradients: readonly unknown[]): void => {
  for (const [i, { y }] of passages.entries())
    checkExpr(ctx, `backward gave for branch ${i + 1} a gradient`, gradients?.[i], y.shape, "as its end");
};

/** Whether a gradient is that of a branch's output, with stages of layers that have not computed it. */
const comesFrom = (dx: Expr, dy: Expr): boolean => {
  const { source, stages } = resumed(dx);
  return source === dy.source || stages.some((stage) => "other" in stage && comesFrom(stage.other, dy));
};

/** Gradients of branches, computed except for the first, which the first branch computes before any other one frees its output. */
function* storedBehindFirst([first, ...others]: readonly Expr[], ctx: Context): Task<readonly Expr[]> {
  const stored: Expr[] = [];
  for (const one of others) stored.push(ofTensor(yield* ctx.store(one)));
  return [first as Expr, ...stored];
}

/**
 * Modules side by side over the same activation, with a join of their outputs: a sum, a concatenation, or any other. The activation
 * is computed once; its gradient is the sum of the gradients of all branches, in order.
 *
 * @param join receives the output shapes [H, W, C] of all branches, and returns the join, or why there is none
 * @example
 * // y = a(x) * 2 + b(x)
 * const mixed = (a: Module, b: Module): Module =>
 *   branches([a, b], ([shape]) => ({
 *     shape: shape as Shape,
 *     options: {},
 *     forward: ([x, z]) => ({ y: plus(twice(x as Expr), z as Expr), save: undefined }),
 *     backward: (dy, _, ctx) => {
 *       const [first, second] = ctx.fork(dy, 2) as [Expr, Expr];
 *       return [twice(first), second];
 *     },
 *   }));
 * const twice = staged({ _tag: "Affine", scale: Float32Array.of(2) });
 */
export const branches = <S>(
  modules: readonly Module[],
  join: (shapes: readonly Shape[], scope: Scope) => Join<S> | RangeflowError,
): Module =>
  layer("", (scope) => {
    const tried = modules.map((module, i) => branch(module, scope, `branch ${i + 1}`));
    const { left: errors, right: built } = A.separate(tried);
    if (errors.length > 0) return errors.flat();
    const joined = join(
      built.map(({ shape }) => shape),
      scope,
    );
    if (isRefusal(joined)) return joined;
    if (!hasFunctions(joined, "forward", "backward"))
      return problem(
        scope.path === "" ? "branches" : scope.path,
        `a join of ${valueText(joined)}`,
        "an object with shape and the functions forward and backward, or a problem",
      );
    scope.note({ _tag: "Functions", place: "the joins", functions: [join] });
    const { shape, kind = "branches", options } = joined;
    return {
      shape,
      kind,
      options,
      open: () => {
        const open = openBranches(built);
        let isChecked = false;
        return {
          forward: function* (x, ctx): Task<Forward<Passed<S>>> {
            const copies = ctx.fork(x, open.length);
            const passages: Passage[] = [];
            for (const [i, branch] of open.entries())
              passages.push(yield* through(branch, copies[i] as Expr, ctx));
            const ends = passages.map(({ y }) => y);
            const { y, save } = yield* resultOf(joined.forward(ends, ctx));
            return { y, save: { passages, save } };
          },
          backward: function* (dy, { passages, save }: Passed<S>, ctx) {
            const gradients = yield* resultOf(joined.backward(dy, save, ctx));
            if (!isChecked) checkEnds(ctx, passages, gradients);
            isChecked = true;
            const { readsOthers = false } = joined;
            const ends = readsOthers ? yield* storedBehindFirst(gradients, ctx) : gradients;
            const inputs: Expr[] = [];
            for (const [i, { back }] of passages.entries()) {
              const [dy, dx] = [ends[i] as Expr, yield* back(ends[i] as Expr, ctx)];
              inputs.push(readsOthers && comesFrom(dx, dy) ? ofTensor(yield* ctx.store(dx)) : dx);
            }
            return { dx: inputs.reduce(plus) };
          },
          unsubscribe: () => {
            for (const branch of open) branch.unsubscribe();
          },
        };
      },
    };
  });
