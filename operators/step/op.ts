/**
 * @file Ops: the mathematics of a layer as a forward and a backward function. `layer` makes a module of one.
 *
 *     forward(x)       -> y, and what the backward pass needs
 *     backward(dy)     -> dx, and the gradients of the layer's parameters
 *
 * Both may be plain functions or tasks, which wait with `yield*`. Memory is the tape's (`tape.ts`): an op frees nothing.
 */
import * as E from "fp-ts/lib/Either.js";
import type { Unsubscribable } from "rxjs";
import { problem, type RangeflowError, RangeflowFailure } from "../../core/errors.ts";
import { after, type Eventual } from "../../core/eventual.ts";
import type { Expr } from "../../core/expr.ts";
import type { PlainFields } from "../../core/plain.ts";
import type { Emit, Parameter, Pullback, Signal } from "../../core/signal.ts";
import { type Shape, sameShape, type Tensor } from "../../core/tensor.ts";
import { type Openable, type Step, withSites } from "../module/layer.ts";
import type { Admission, Module, Scope } from "../module/module.ts";
import { notingWithin } from "../module/noted.ts";
import { type Context, LayerContext } from "./context.ts";
import { checkExpr, checkGradient, checkGradients, fieldOf, notPlan } from "./given.ts";
import { type LayerScope, layerScope } from "./layerScope.ts";
import { drive, isTask, type Task, wait } from "./task.ts";

/** Output of a layer, and what it saves for the backward pass. */
export interface Forward<S> {
  readonly y: Expr;
  readonly save: S;
}

/** Gradient of the loss with respect to what a layer gave: read it once, or `ctx.save` it first. */
export interface OutputGradient extends Expr {
  /** The copy that parameters get, where a network quantizes two of them; only ops that say `splits` are given one. */
  readonly forParameters?: Expr;
}

/**
 * Gradients of the loss with respect to the parameters of a layer. A task may wait for numbers that a device still owes; nobody waits for it
 * but the end of the step. `undefined` says that there is no gradient in this step.
 */
export type Gradients = ReadonlyMap<Parameter, Expr | Task<Expr> | undefined>;

/** Gradients of the loss with respect to what came into a layer, and to its parameters. */
export interface Backward {
  readonly dx: Expr;
  /** The copy of `dx` that the parameters of the layer in front get, where a network quantizes two of them. */
  readonly forParameters?: Expr;
  readonly gradients?: Gradients;
}

/** A layer's mathematics; `S` is what the forward pass saves for the backward pass of the same step. */
export interface Op<S> {
  readonly forward: (x: Expr, ctx: Context) => Task<Forward<S>> | Forward<S>;
  readonly backward: (dy: OutputGradient, saved: S, ctx: Context) => Task<Backward> | Backward;
  /** Output in evaluation, where that is something else than the `y` of `forward`. */
  readonly evaluate?: (x: Expr, ctx: Context) => Task<Expr> | Expr;
  /** True if `backward` takes a second copy of the gradient for its parameters. */
  readonly splits?: boolean;
}

/** An op that is open: what it holds, such as the state of sites, is given up when it is unsubscribed. */
export type OpenOp<S> = Op<S> & Partial<Unsubscribable>;

interface Outline {
  /**
   * Plain data that the layer computes with and that are no parameters, such as a stride: layers that differ in them make other runs, also
   * where a function reads them from around it. `{}` if there are none.
   */
  readonly options: PlainFields;
  /** Name of what the layer does, such as `maxPool`; where missing a run knows it by the text of its function. */
  readonly kind?: string;
  /** [H, W, C] of a sample behind the layer; that in front of it where missing. */
  readonly shape?: Shape;
  /** Demands of the layer on a batch beyond the shape of its images; none where missing. */
  readonly admits?: Admission;
}

/** A layer as its author describes it: an op, or how one is opened for each subscription. */
export type Plan<S> = Outline & (Op<S> | { readonly open: () => OpenOp<S> });

const forgotten = (where: string, { path }: Parameter): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      where,
      `backward gave no gradient for the parameter ${path}`,
      "one for each parameter that the layer has made",
      "return { dx, gradients: new Map([[parameter, gradient]]) }; undefined means that there is none in this step",
    ),
  );

const signalOf = (ctx: Context, parameter: Parameter, gradient: Tensor): Signal => {
  checkGradient(ctx, parameter, gradient);
  return { _tag: "ParameterGradient", step: ctx.step, parameter, gradient };
};

function* laterSignal(ctx: LayerContext, parameter: Parameter, gradient: Task<Expr>): Task<Signal> {
  return signalOf(ctx, parameter, yield* ctx.give(yield* gradient));
}

/** Emits the gradients of parameters, in the order in which they were given. */
function* emitGradients(gradients: Gradients, ctx: LayerContext): Task<void> {
  const { emit } = ctx;
  for (const [parameter, gradient] of gradients)
    if (gradient === undefined) continue;
    else if (isTask(gradient)) emit(drive(laterSignal(ctx, parameter, gradient)));
    else emit(signalOf(ctx, parameter, yield* ctx.give(gradient)));
}

/** Part of the forward pass that the backward pass of an op needs. */
interface Passed<S> {
  readonly op: Op<S>;
  readonly saved: S;
  readonly ctx: LayerContext;
  readonly trained: readonly Parameter[];
  readonly checked: Checked;
  readonly watched: ReturnType<Scope["watch"]>;
}

/** Whether results of an op have been checked; they are once for each subscription. */
interface Checked {
  forward: boolean;
  backward: boolean;
}

/** Runs what an op has given; at once, without a generator around it, where that is a value. */
const resultNow = <T extends object>(work: Task<T> | T): Eventual<T> => (isTask(work) ? drive(work) : work);

/** Second copies of gradients that the op they are for has received. */
const received = new WeakSet<Expr>();

const lostCopy = (where: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      where,
      "a second copy of a gradient that never reached the preceding layer with weights",
      "operators between the two that pass on all arguments of a pullback",
      "wrap one as (...args) => pullback(...args)",
    ),
  );

/** Hands both copies of a gradient to the layer in front, and sees whether the second one has come there. */
function* handBoth(ctx: LayerContext, dx: Expr, forParameters: Expr): Task<void> {
  const [forInput, copy] = ctx.closeBoth(dx, forParameters);
  yield* wait(ctx.activation.pullback(forInput, ctx.emit, copy));
  if (!received.has(copy)) throw lostCopy(ctx.where);
}

/** The way back through an op. */
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
  <S>(scope: Scope, trained: readonly Parameter[], shape: Shape) =>
  (op: Op<S>): Step => {
    const watched = scope.watch(`layer ${scope.path}`.trim());
    const checked: Checked = { forward: false, backward: false };
    /** The number of samples is left alone: a loss may give one number for all. */
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
        const pullback = pullbackOf({ op, saved: save, ctx, trained, checked, watched });
        return { ...activation, x: y, pullback, splits: op.splits === true };
      });
    };
  };

/** A layer from how its op is opened, and the [H, W, C] behind it. */
const openableOf = <S>(
  scope: Scope,
  open: () => OpenOp<S>,
  trained: readonly Parameter[],
  shape: Shape,
  path?: string,
): Openable =>
  withSites(
    () => {
      const op = open();
      return { op, unsubscribe: () => op.unsubscribe?.() };
    },
    ({ op }) => stepOf<S>(scope, trained, shape)(op),
    path,
  );

/** What `make` gave: problems, or a plan. */
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
 * A module of one layer.
 *
 * @param name of the layer, below the path of its scope; empty for one without parameters, sites or a place in errors
 * @param make reads the scope, makes the layer's parameters, and gives its op, or what is wrong
 * @returns `Left` of the problems that `make` gives or throws as `RangeflowFailure`, and where a parameter of the same path is there already
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
    return E.right({
      shape,
      ...(admits && { admits }),
      ...openableOf(scope, open, trained, shape, name === "" ? undefined : scope.path),
    });
  };
