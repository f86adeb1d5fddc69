/**
 * @file Ops: the mathematics of a layer as a forward and a backward function. `layer` makes a module of one.
 *
 *     forward(x)       -> y, and what the backward pass needs
 *     backward(dy)     -> dx, and the gradients of the layer's parameters
 *
 * Both are plain functions or tasks, which wait with `yield*`. The tape owns all memory (`tape.ts`); an op frees nothing.
 */
import * as E from "fp-ts/lib/Either.js";
import type { Unsubscribable } from "rxjs";
import { type RangeflowError, RangeflowFailure } from "../../core/errors.ts";
import { after, type Eventual } from "../../core/eventual.ts";
import type { Expr } from "../../core/expr.ts";
import type { PlainFields } from "../../core/plain.ts";
import type { Emit, Parameter, Pullback, Signal } from "../../core/signal.ts";
import { type Shape, sameShape, type Tensor } from "../../core/tensor.ts";
import { type Openable, type Step, withSites } from "../module/layer.ts";
import type { Admission, Module, Scope } from "../module/module.ts";
import { noPullback } from "../module/noPullback.ts";
import { notingWithin } from "../module/noted.ts";
import { type Context, LayerContext } from "./context.ts";
import { checkExpr, checkGradient, checkGradients, fieldOf, forgotten, lostCopy, notPlan } from "./given.ts";
import { type LayerScope, layerScope } from "./layerScope.ts";
import { drive, isTask, type Task, wait } from "./task.ts";

/** Output of a layer, and what it saves for the backward pass. */
export interface Forward<S> {
  /** Output, as an expression: `ofTensor` makes one of a tensor. */
  readonly y: Expr;
  /** Passed to `backward` as `saved`. */
  readonly save: S;
}

/** Gradient of the loss with respect to a layer's output. To read it more than once, `ctx.save` it first. */
export interface OutputGradient extends Expr {
  /** Second copy of the gradient, for the parameters, if the network quantizes two; only for ops with `splits`. */
  readonly forParameters?: Expr;
}

/** Gradients of the parameters of a layer; `undefined` if there is none in this step. Only the end of the step waits for a task. */
export type Gradients = ReadonlyMap<Parameter, Expr | Task<Expr> | undefined>;

/** Gradients of the loss with respect to a layer's input and parameters. */
export interface Backward {
  /** Gradient with respect to the input; shape of the input. */
  readonly dx: Expr;
  /** Second copy of `dx`, for the parameters of the preceding layer, if the network quantizes two. */
  readonly forParameters?: Expr;
  /** Gradients of the layer's parameters. Default: none. */
  readonly gradients?: Gradients;
}

/** The mathematics of a layer. `S` is what the forward pass saves for the backward pass of the same step. */
export interface Op<S> {
  readonly forward: (x: Expr, ctx: Context) => Task<Forward<S>> | Forward<S>;
  readonly backward: (dy: OutputGradient, saved: S, ctx: Context) => Task<Backward> | Backward;
  /** Output in evaluation. Default: the `y` of `forward`. */
  readonly evaluate?: (x: Expr, ctx: Context) => Task<Expr> | Expr;
  /** Whether `backward` takes a second copy of the gradient for its parameters. Default: false. */
  readonly splits?: boolean;
}

/** An open op. Its state, e.g. of sites, lives until it is unsubscribed. */
export type OpenOp<S> = Op<S> & Partial<Unsubscribable>;

interface Outline {
  /** Plain data that it computes with, e.g. a stride; `{}` if none. Part of the identity of a run, so include data of closures. */
  readonly options: PlainFields;
  /**
   * Name of its function, e.g. `maxPool`. Default: a run identifies it by the source text of `make`. The backward pass of an op with a kind
   * and without parameters is left out where nothing in front of it is trained.
   */
  readonly kind?: string;
  /** [H, W, C] of a sample of the output. Default: that of the input. */
  readonly shape?: Shape;
  /** Check of a batch beyond the shape of its images. Default: none. */
  readonly admits?: Admission;
}

/** A layer as described by its author: an op, or a function that opens one for each subscription. */
export type Plan<S> = Outline & (Op<S> | { readonly open: () => OpenOp<S> });

const signalOf = (ctx: Context, parameter: Parameter, gradient: Tensor): Signal => {
  checkGradient(ctx, parameter, gradient);
  return { _tag: "ParameterGradient", step: ctx.step, parameter, gradient };
};

function* laterSignal(ctx: LayerContext, parameter: Parameter, gradient: Task<Expr>): Task<Signal> {
  return signalOf(ctx, parameter, yield* ctx.give(yield* gradient));
}

/** Emits the gradients of parameters in their order. */
function* emitGradients(gradients: Gradients, ctx: LayerContext): Task<void> {
  const { emit } = ctx;
  for (const [parameter, gradient] of gradients)
    if (gradient === undefined) continue;
    else if (isTask(gradient)) emit(drive(laterSignal(ctx, parameter, gradient)));
    else emit(signalOf(ctx, parameter, yield* ctx.give(gradient)));
}

/** Data of the forward pass that the backward pass of an op needs. */
interface Passed<S> {
  readonly op: Op<S>;
  readonly saved: S;
  readonly ctx: LayerContext;
  readonly trained: readonly Parameter[];
  readonly checked: Checked;
  readonly watched: ReturnType<Scope["watch"]>;
}

/** Whether the results of an op have been checked, which is done once per subscription. */
interface Checked {
  forward: boolean;
  backward: boolean;
}

/** The result of an op; runs a task, and returns a value as it is, without a generator around it. */
const resultNow = <T extends object>(work: Task<T> | T): Eventual<T> => (isTask(work) ? drive(work) : work);

/** Second copies of gradients that have reached their op. */
const received = new WeakSet<Expr>();

/** Passes both copies of a gradient to the preceding layer, and checks that the second has arrived. */
function* handBoth(ctx: LayerContext, dx: Expr, forParameters: Expr): Task<void> {
  const [forInput, copy] = ctx.closeBoth(dx, forParameters);
  yield* wait(ctx.activation.pullback(forInput, ctx.emit, copy));
  if (!received.has(copy)) throw lostCopy(ctx.where);
}

/** The backward pass of an op. */
const back = <S>(
  { op, saved, ctx, trained, checked, watched }: Passed<S>,
  dy: OutputGradient,
  emit: Emit,
): Eventual<void> => {
  ctx.emit = emit;
  const { pullback, splits, x } = ctx.activation;
  const result = watched(ctx.step, () => resultNow(op.backward(dy, saved, ctx)));
  return after(result, (given) => {
    if (!checked.backward) {
      checkExpr(ctx, "backward gave a dx", fieldOf(given, "dx"), x.shape, "as what came in");
      checkGradients(ctx, given.gradients);
    }
    checked.backward = true;
    const { dx, forParameters, gradients } = given;
    for (const parameter of trained) if (!gradients?.has(parameter)) throw forgotten(ctx.where, parameter);
    return after(gradients && drive(emitGradients(gradients, ctx)), () => {
      if (forParameters === undefined || !splits) return pullback(ctx.close(dx), emit);
      return drive(handBoth(ctx, dx, forParameters));
    });
  });
};

const pullbackOf =
  <S>(passed: Passed<S>): Pullback =>
  (dy, emit, forParameters) => {
    const { op, ctx } = passed;
    const gradient = ctx.receive(dy);
    if (!op.splits || forParameters === undefined) return back(passed, gradient, emit);
    received.add(forParameters);
    return back(passed, { ...gradient, forParameters: ctx.receive(forParameters) }, emit);
  };

/** One op on one activation. */
const stepOf =
  <S>(scope: Scope, trained: readonly Parameter[], shape: Shape, isBypassed: boolean) =>
  (op: Op<S>): Step => {
    const watched = scope.watch(`layer ${scope.path}`.trim());
    const checked: Checked = { forward: false, backward: false };
    /** The number of samples is not checked: a loss may return one number for all. */
    const check = (ctx: Context, what: string, y: unknown, x: Expr): void => {
      const samples = (fieldOf(y, "shape") as Shape | undefined)?.[0] ?? x.shape[0];
      if (sameShape(x.shape.slice(1), scope.shape))
        checkExpr(ctx, what, y, [samples as number, ...shape], "as the layer's plan says");
      checked.forward = true;
    };
    return (activation, emit) => {
      const { x, training, step } = activation;
      const ctx = new LayerContext(scope, activation, emit);
      const { evaluate } = op;
      if (!training && evaluate)
        return after(
          watched(step, () => resultNow(evaluate.call(op, x, ctx))),
          (y) => {
            if (!checked.forward) check(ctx, "evaluate gave an output", y, x);
            return { ...activation, x: y };
          },
        );
      const result = watched(step, () => resultNow(op.forward(x, ctx)));
      return after(result, (given) => {
        if (!checked.forward) check(ctx, "forward gave an output", fieldOf(given, "y"), x);
        const { y, save } = given;
        if (isBypassed && activation.pullback === noPullback) return { ...activation, x: y };
        const pullback = pullbackOf({ op, saved: save, ctx, trained, checked, watched });
        return { ...activation, x: y, pullback, splits: op.splits === true };
      });
    };
  };

/** Makes a layer from how its op is opened, its output shape [H, W, C], and whether its backward pass is left out where nothing uses it. */
const openableOf = <S>(
  scope: Scope,
  open: () => OpenOp<S>,
  trained: readonly Parameter[],
  {
    shape,
    isBypassed,
    path,
  }: { readonly shape: Shape; readonly isBypassed: boolean; readonly path?: string },
): Openable =>
  withSites(
    () => {
      const op = open();
      return { op, unsubscribe: () => op.unsubscribe?.() };
    },
    ({ op }) => stepOf<S>(scope, trained, shape, isBypassed)(op),
    path,
  );

/** The result of `make`: problems, or a plan. */
const planOf = <S>(
  { path }: LayerScope,
  planned: Plan<S> | RangeflowError | readonly RangeflowError[],
): E.Either<readonly RangeflowError[], Plan<S>> => {
  if (Array.isArray(planned)) return E.left(planned as readonly RangeflowError[]);
  if (fieldOf(planned, "_tag") !== undefined) return E.left([planned as RangeflowError]);
  const wrong = notPlan(path === "" ? "layer" : path, planned);
  return wrong ? E.left([wrong]) : E.right(planned as Plan<S>);
};

/**
 * Makes a module of one layer, from its forward and backward function; the counterpart of a `torch.autograd.Function` in a
 * `torch.nn.Module`.
 *
 * @param name of the layer, below the path of its scope; empty if it has no parameters, no sites, and no place in errors
 * @param make reads the scope, creates the layer's parameters, and returns its op or what is wrong
 * @returns `Left` of the problems that `make` returns or throws as `RangeflowFailure`, or if a parameter's path is taken
 * @example
 * // y = gain * x, with one gain for the whole tensor
 * const gain = (name: string): Module =>
 *   layer(name, (scope) => {
 *     const factor = scope.parameter("gain", "normalization", [1], constant(1));
 *     const times = () => staged({ _tag: "Affine", scale: Float32Array.from(elements(factor.value)) });
 *     return {
 *       options: {},
 *       forward: (x, ctx) => {
 *         const saved = ctx.save(x);
 *         return { y: times()(saved), save: saved };
 *       },
 *       backward: function* (dyOnce, x, ctx) {
 *         const dy = ctx.save(dyOnce);
 *         const { second } = yield* ctx.sums(dy, { of: x, around: new Float32Array(channelsOf(x)) });
 *         const sum = second.reduce((a, b) => a + b, 0);
 *         return { dx: times()(dy), gradients: new Map([[factor, ofTensor(ctx.upload(Float32Array.of(sum), [1]))]]) };
 *       },
 *     };
 *   });
 */
export const layer =
  <S>(
    name: string,
    make: (scope: LayerScope) => Plan<S> | RangeflowError | readonly RangeflowError[],
  ): Module =>
  (outer) => {
    const trained: Parameter[] = [];
    const { scope: inner, layers } = notingWithin(outer);
    const scope = layerScope(inner, name, trained);
    let planned: E.Either<readonly RangeflowError[], Plan<S>>;
    try {
      planned = planOf(scope, make(scope));
    } catch (error) {
      if (error instanceof RangeflowFailure) return E.left(error.problems);
      throw error;
    }
    if (E.isLeft(planned)) return planned;
    const plan = planned.right;
    const { shape = outer.shape, admits, kind, options } = plan;
    const shapes = { inShape: outer.shape, outShape: shape };
    outer.note({ _tag: "Layer", path: scope.path, kind, options, make, within: layers, ...shapes });
    const open = "open" in plan ? plan.open : () => plan as Op<S>;
    const isBypassed = kind !== undefined && trained.length === 0 && !("open" in plan);
    const how = { shape, isBypassed, ...(name !== "" && { path: scope.path }) };
    return E.right({ shape, ...(admits && { admits }), ...openableOf(scope, open, trained, how) });
  };
