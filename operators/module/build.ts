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
import { parameterStore } from "./parameters.ts";
import { defaultPatience, patienceOf } from "./patience.ts";

/** Fields that a scope cannot do without; every other one has a default. */
export type ScopeOptions = Pick<Scope, "engine" | "shape"> & Partial<Omit<Scope, "engine" | "shape">>;

/** Paths that sites take, each for one of them. */
const claims = (): Scope["claim"] => {
  const taken = new Set<string>();
  return (site) => taken.size < taken.add(site).size;
};

/**
 * A scope at the top of a network: seed 1, no past, 8 bits for every role, the usual patience, and no hooks.
 *
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
 * Builds a network in a scope: its layer can be subscribed as often as you like. It refuses batches that are not for this network, with
 * `RangeflowFailure` and before anything is computed of them: images of another shape, where a layer would have had other parameters for
 * them, and targets that its loss has no use for.
 *
 * @throws `RangeflowFailure` of everything that cannot be built
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

/** Images [N, H, W, C], and what a network should make of them. */
export interface Batch<T extends Target = Target> {
  readonly x: Float32Array;
  readonly target: T;
  readonly shape: Shape;
}

/**
 * A batch at the beginning of a network, where its gradient ends. Everything of the step before is forgotten.
 *
 * @throws `RangeflowFailure` if there are not as many numbers as the shape says, or not one target for each image
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
    pullback: () => {},
  };
};
