import * as E from "fp-ts/lib/Either.js";
import type { Engine } from "../../core/engine.ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { ofTensor } from "../../core/expr.ts";
import { key } from "../../core/random.ts";
import { isPositiveInteger } from "../../core/shape.ts";
import type { Activation } from "../../core/signal.ts";
import type { Target } from "../../core/target.ts";
import { type Shape, shapeText } from "../../core/tensor.ts";
import { defaultQuantizer } from "../../quantizers/defaultQuantizer.ts";
import { admitting, checkImages } from "./admission.ts";
import { chained } from "./layer.ts";
import { type Built, buildModule, type Module, type Scope } from "./module.ts";
import { noPullback } from "./noPullback.ts";
import { parameterStore } from "./parameters.ts";
import { defaultPatience, patienceOf } from "./patience.ts";

/** Fields of a scope for `scopeFor`: engine and shape are required, all others have defaults. */
export type ScopeOptions = Pick<Scope, "engine" | "shape"> & Partial<Omit<Scope, "engine" | "shape">>;

/** Paths that are taken; each can be claimed once. */
const claims = (): Scope["claim"] => {
  const taken = new Set<string>();
  return (site) => taken.size < taken.add(site).size;
};

/**
 * A scope for the top of a network. Defaults: seed 1, the quantizers of `defaultQuantizer` (8 bits for every role), a patience of
 * 10 s, an empty parameter store, no history, and no hooks.
 *
 * @param options engine, shape [H, W, C] of one sample, and any other fields of `Scope`
 * @example
 * const scope = scopeFor({ engine: reference(), shape: [28, 28, 1], seed: key(7) });
 * scope.path; // ""
 */
export const scopeFor = ({ engine, shape, ...rest }: ScopeOptions): Scope => ({
  path: "",
  seed: key(1),
  parameters: parameterStore(engine),
  claim: claims(),
  quantizer: defaultQuantizer(),
  weightGradient: undefined,
  history: () => [],
  patience: patienceOf(defaultPatience),
  watch: () => (_step, call) => call(),
  announce: () => {},
  note: () => {},
  hooks: [],
  engine,
  shape,
  ...rest,
});

/**
 * Builds a network in a scope. Its layer can be subscribed any number of times. It refuses unsuitable batches before anything is
 * computed: images of another shape if a layer's parameters depend on it, and targets that its loss cannot use.
 *
 * @throws `RangeflowFailure` listing everything that prevents the network from being built
 * @example
 * const scope = scopeFor({ engine: reference(), shape: [28, 28, 1] });
 * build(dense("dense1", { units: 10 }), scope).shape; // [1, 1, 10]
 * scope.parameters.list().map(({ path }) => path); // ["dense1/weight", "dense1/bias"]
 */
export const build = (module: Module, scope: Scope): Built => {
  const { path, shape } = scope;
  if (shape.length !== 3 || !shape.every(isPositiveInteger))
    throw new RangeflowFailure(
      problem(
        path === "" ? "scope" : path,
        `a shape of ${shapeText(shape)}`,
        "height, width and channels of one sample, each a positive integer",
      ),
    );
  const built = buildModule(module, scope, "what is to be built");
  if (E.isLeft(built)) throw new RangeflowFailure(...built.left);
  return { ...built.right, ...chained([admitting(module, scope, built.right), built.right]) };
};

/** A batch: images and their targets. */
export interface Batch<T extends Target = Target> {
  /** Images in NHWC order. */
  readonly x: Float32Array;
  /** One target per image. */
  readonly target: T;
  /** [N, H, W, C]. */
  readonly shape: Shape;
}

/**
 * Starts a step: makes the activation of a batch for the start of a network, and releases everything from the step before
 * (`engine.beginStep`).
 *
 * @throws `RangeflowFailure` if the number of elements does not match the shape, or the number of targets the number of images
 * @example
 * const engine = reference();
 * const batch = { x: Float32Array.of(1, 2, 3, 4), target: Int32Array.of(0), shape: [1, 2, 2, 1] };
 * beginStep(engine, batch, { step: 0, training: true }).x.shape; // [1, 2, 2, 1]
 */
export const beginStep = (
  engine: Engine,
  batch: Batch,
  { step, training, endsPass, losses }: Pick<Activation, "step" | "training" | "endsPass" | "losses">,
): Activation => {
  checkImages(batch, step);
  const { x, target, shape } = batch;
  engine.beginStep();
  return {
    _tag: "Activation",
    step,
    training,
    ...(endsPass && { endsPass }),
    ...(losses && { losses }),
    x: ofTensor(engine.upload(x, shape)),
    target,
    pullback: noPullback,
  };
};
