import * as E from "fp-ts/lib/Either.js";
import { problem, type RangeflowError } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import type { Role } from "../../core/signal.ts";
import { hookPoint } from "../module/hooks.ts";
import { joined, type Module, type Scope } from "../module/module.ts";
import { sequential } from "../module/sequential.ts";
import { layer } from "../step/op.ts";
import { checkSite } from "./checkSite.ts";
import { ofOperand } from "./coded.ts";
import { learnableAt } from "./learnable.ts";
import { openSite } from "./rangeSite.ts";
import type { Site } from "./site.ts";
import { splitGradient } from "./splitGradient.ts";

type Open = () => Site;

/** Quantizes the activation on the way forward. */
const quantizeActivation = (name: string, open: Open): Module =>
  layer(name, () => ({
    kind: "quantizeActivation",
    options: {},
    open: () => {
      const site = open();
      return {
        forward: function* (x, ctx) {
          const { value, pullback } = yield* site.quantize(x, ctx);
          return { y: ofOperand(value, x.shape), save: pullback };
        },
        backward: (dy, pullback, ctx) => pullback(dy, ctx),
        unsubscribe: () => site.unsubscribe(),
      };
    },
  }));

/** Quantizes the gradient on the way back. */
const quantizeGradient = (name: string, open: Open): Module =>
  layer(name, () => ({
    kind: "quantizeGradient",
    options: {},
    open: () => {
      const site = open();
      return {
        forward: (x) => ({ y: x, save: undefined }),
        backward: function* (dy, _saved, ctx) {
          const { value } = yield* site.quantize(dy, ctx);
          return { dx: ofOperand(value, dy.shape) };
        },
        unsubscribe: () => site.unsubscribe(),
      };
    },
  }));

/** Opens a site; undefined where there is none, or where it stays float32. */
const siteAt = (
  scope: Scope,
  name: string | undefined,
  role: Role,
): E.Either<RangeflowError, Open | undefined> => {
  if (name === undefined) return E.right(undefined);
  const path = joined(scope.path, name);
  const checked = checkSite(scope, path, role);
  if (E.isLeft(checked)) return checked;
  if (checked.right.bits === 32) return E.right(undefined);
  if (!scope.claim(path))
    return E.left(problem(path, "a second site of this path", "a unique name for every layer and site"));
  const learnable = learnableAt(scope, path, role, checked.right);
  return E.right(() => openSite(scope, path, role, learnable));
};

/** Modules in front of every quantizer of activations, such as one that keeps them within bounds. */
export const beforeActivation = hookPoint<Module>();

/** Names of sites below the path of a scope; what has none passes unchanged. */
export interface QuantizeOptions {
  readonly activation?: string;
  readonly gradient?: string;
  /** Site of the copy of the gradient that the parameters of the layer in front get, where a scope has two (`Scope.weightGradient`). */
  readonly weightGradient?: string;
}

/**
 * A layer that quantizes: the activation at a site on the way forward, its gradient at a site on the way back.
 *
 * Right after a convolution it quantizes the convolution's sums, and a static site fuses into its last pass. A role whose
 * bits are 32 at a site stays float32 there. Where a scope has two copies of a gradient, the one for the input of the layer in front
 * and the one for its parameters are quantized at a site each.
 *
 * @example
 * const conv = conv2d("conv1", { outChannels: 16, kernel: 3 });
 * sequential(quantize({ activation: "conv1/input" }), conv, quantize({ gradient: "conv1/gradient" }));
 */
export const quantize = (options: QuantizeOptions): Module => {
  const known = { activation: true, gradient: true, weightGradient: true } as const;
  const { activation, gradient, weightGradient } = knownOptions("quantize", options, known);
  return (scope) => {
    scope.note({
      _tag: "Layer",
      path: scope.path,
      kind: "quantize",
      options: { activation, gradient, weightGradient },
      make: quantize,
      within: [],
    });
    const quantizer = weightGradient === undefined ? undefined : scope.weightGradient;
    const forward = siteAt(scope, activation, "activation");
    const forInput = siteAt(scope, gradient, "gradient");
    const forParameters = quantizer
      ? siteAt({ ...scope, quantizer }, weightGradient, "gradient")
      : E.right(undefined);
    if (E.isLeft(forward) || E.isLeft(forInput) || E.isLeft(forParameters))
      return E.left([forward, forInput, forParameters].flatMap((site) => (E.isLeft(site) ? site.left : [])));
    const modules: Module[] = activation === undefined ? [] : [...beforeActivation.hooksIn(scope)];
    if (activation !== undefined && forward.right)
      modules.push(quantizeActivation(activation, forward.right));
    const sites = { forInput: forInput.right, forParameters: forParameters.right };
    if (weightGradient !== undefined && quantizer && (sites.forInput ?? sites.forParameters))
      modules.push(splitGradient(weightGradient, sites));
    else if (gradient !== undefined && sites.forInput)
      modules.push(quantizeGradient(gradient, sites.forInput));
    return sequential(...modules)(scope);
  };
};
